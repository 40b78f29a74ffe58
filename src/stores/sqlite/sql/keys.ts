/** Constraint keys and the lines of jobs before them. All run inside the caller's transaction. */

import { PARKED, PARKED_SUSPECT } from '../rows.js';

/** in: key. out: running, ended_at, starts. */
export const KEY: string = 'SELECT running, ended_at, starts FROM keys WHERE key = ?';

/** in: key, running, ended_at, starts. */
export const WRITE_KEY: string = `
INSERT INTO keys (key, running, ended_at, starts) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET running = excluded.running, ended_at = excluded.ended_at, starts = excluded.starts`;

/** in: key. */
export const DELETE_KEY: string = 'DELETE FROM keys WHERE key = ?';

/** in: after which key, how many. out: keys in order. */
export const SOME_KEYS: string = 'SELECT key FROM keys WHERE key > ? ORDER BY key LIMIT ?';

/** in: key. out: a row if somebody waits at the key. */
export const HAS_WAITERS: string = 'SELECT 1 AS waits FROM waits WHERE key = ? LIMIT 1';

const IS_FIRST: string =
  '(-excluded.head_priority, excluded.head_due, excluded.head_seq) < (-head_priority, head_due, head_seq)';

/** in: key, queue, place, how many, the first one's priority, due_at, seq, opens_at. Jobs join the line; `opens_at` counts if they are the first there. */
export const JOIN_LINE: string = `
INSERT INTO waits (key, queue, place, waiting, head_priority, head_due, head_seq, opens_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key, queue, place) DO UPDATE SET waiting = waiting + excluded.waiting,
  head_priority = CASE WHEN ${IS_FIRST} THEN excluded.head_priority ELSE head_priority END,
  head_due = CASE WHEN ${IS_FIRST} THEN excluded.head_due ELSE head_due END,
  head_seq = CASE WHEN ${IS_FIRST} THEN excluded.head_seq ELSE head_seq END`;

/** in: key, queue, place. */
export const DELETE_LINE: string = 'DELETE FROM waits WHERE key = ? AND queue = ? AND place = ?';

/** in: key, queue. out: the first that waits there. */
export const FIRST_IN_LINE: string = `
SELECT priority, due_at, seq FROM jobs WHERE place = ${PARKED} AND parked_on = ? AND queue = ? ORDER BY priority DESC, due_at, seq LIMIT 1`;

/** in: key, queue. out: the first suspect that waits there. */
export const FIRST_SUSPECT_IN_LINE: string = `
SELECT priority, due_at, seq FROM jobs WHERE place = ${PARKED_SUSPECT} AND parked_on = ? AND queue = ? ORDER BY priority DESC, due_at, seq LIMIT 1`;

/** in: priority, due_at, seq of who is first now, key, queue, place. One left the line. */
export const LEAVE_LINE: string = `
UPDATE waits SET waiting = waiting - 1, head_priority = ?, head_due = ?, head_seq = ? WHERE key = ? AND queue = ? AND place = ?`;

/** in: opens_at, key, opens_at. Changes only the lines of which it isn't true yet. */
export const WRITE_OPENING: string = 'UPDATE waits SET opens_at = ? WHERE key = ? AND opens_at IS NOT ?';

/** in: queue, place. out: the head of the open line that comes first in the order of claim. */
export const BEST_OPEN_LINE: string = `
SELECT key, head_priority, head_due, head_seq FROM waits WHERE queue = ? AND place = ? AND opens_at = 0
ORDER BY head_priority DESC, head_due, head_seq LIMIT 1`;

/** in: queue, now, how many. out: keys whose lines of this queue have cooled. */
export const COOLED_LINES: string =
  'SELECT key FROM waits WHERE queue = ? AND opens_at > 0 AND opens_at <= ? ORDER BY opens_at LIMIT ?';

/** in: queue. out: when the next cooling line opens. */
export const NEXT_OPENING: string =
  'SELECT opens_at FROM waits WHERE queue = ? AND opens_at > 0 ORDER BY opens_at LIMIT 1';

/** in: key. out: how many jobs wait at the key, over all queues. */
export const WAITING_AT: string = 'SELECT total(waiting) AS waiting FROM waits WHERE key = ?';

/** in: after which key, before which key, how many. out: keys with waiters, in order. */
export const KEYS_WAITED_FOR: string = 'SELECT DISTINCT key FROM waits WHERE key > ? AND key < ? ORDER BY key LIMIT ?';
