/** Settings of queues and groups, schedules, workers and the leader. Small tables; none is on the hot path but the first. */

import { RUNNING } from '../rows.js';

/** out: n, which each change of queues and groups raises. */
export const SETTINGS_VERSION: string = 'SELECT n FROM settings_version WHERE id = 1';

export const RAISE_SETTINGS_VERSION: string = 'UPDATE settings_version SET n = n + 1 WHERE id = 1';

/** out: n, see the table. */
export const NEWS: string = 'SELECT n FROM news WHERE id = 1';

/** out: n. */
export const RAISE_NEWS: string = 'UPDATE news SET n = n + 1 WHERE id = 1 RETURNING n';

/** out: every queue that was ever configured. */
export const ALL_QUEUES: string = 'SELECT name, paused, concurrency FROM queues';

/** out: every group that was ever configured. */
export const ALL_GROUPS: string = 'SELECT name, limits FROM groups';

/** in: name. out: definition_version, paused, concurrency. */
export const QUEUE: string = 'SELECT definition_version, paused, concurrency FROM queues WHERE name = ?';

/** in: name, definition_version, paused, concurrency. */
export const WRITE_QUEUE: string =
  'INSERT OR REPLACE INTO queues (name, definition_version, paused, concurrency) VALUES (?, ?, ?, ?)';

/** in: name. out: definition_version. */
export const GROUP: string = 'SELECT definition_version, limits FROM groups WHERE name = ?';

/** in: name, definition_version, limits. */
export const WRITE_GROUP: string = 'INSERT OR REPLACE INTO groups (name, definition_version, limits) VALUES (?, ?, ?)';

/** in: name, after which key; the empty string comes before all. The group's lines are looked at from there on. */
export const WRITE_RECHECK: string = 'INSERT OR REPLACE INTO rechecks (name, after_key) VALUES (?, ?)';

/** The lines of all groups are looked at. */
export const RECHECK_ALL: string = "INSERT OR REPLACE INTO rechecks (name, after_key) SELECT name, '' FROM groups";

/** out: one group whose lines are to be looked at. */
export const NEXT_RECHECK: string = 'SELECT name, after_key FROM rechecks LIMIT 1';

/** in: name. */
export const DELETE_RECHECK: string = 'DELETE FROM rechecks WHERE name = ?';

const SCHEDULE_COLUMNS: string =
  'id, definition_version, task, queue, input, rule, template, fingerprint, next_at, created_at, fired_count, last_job_id, last_slot';

/** in: id. out: the schedule. */
export const SCHEDULE: string = `SELECT ${SCHEDULE_COLUMNS} FROM schedules WHERE id = ?`;

/** in: the columns in their order. */
export const WRITE_SCHEDULE: string = `INSERT OR REPLACE INTO schedules (${SCHEDULE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** in: definition_version, id. */
export const RAISE_SCHEDULE_VERSION: string = 'UPDATE schedules SET definition_version = ? WHERE id = ?';

/** in: next_at, fired_count, last_job_id, last_slot, id, fingerprint, next_at as it was. */
export const ADVANCE_SCHEDULE: string = `
UPDATE schedules SET next_at = ?, fired_count = ?, last_job_id = ?, last_slot = ? WHERE id = ? AND fingerprint = ? AND next_at IS ?`;

/** in: id. */
export const DELETE_SCHEDULE: string = 'DELETE FROM schedules WHERE id = ?';

/** in: how many. out: schedules by next slot, those without one last. */
export const SCHEDULES: string = `SELECT ${SCHEDULE_COLUMNS} FROM schedules ORDER BY next_at IS NULL, next_at, id LIMIT ?`;

/** in: instant, how many. out: schedules whose next slot is not after it. */
export const DUE_SCHEDULES: string = `
SELECT ${SCHEDULE_COLUMNS} FROM schedules WHERE (next_at IS NULL) = 0 AND next_at <= ? ORDER BY next_at, id LIMIT ?`;

/** out: the earliest next slot. */
export const NEXT_SLOT: string = 'SELECT next_at FROM schedules WHERE (next_at IS NULL) = 0 ORDER BY next_at LIMIT 1';

/** in: schedule id, after which seq, how many. out: seq of its jobs that wait, claimed before or not, in order. */
export const WAITING_OF_SCHEDULE: string = `
SELECT seq FROM jobs WHERE schedule_id = ? AND place < ${RUNNING} AND seq > ? ORDER BY seq LIMIT ?`;

/** in: id, seen_at, lease_ms, presence. */
export const WRITE_WORKER: string =
  'INSERT OR REPLACE INTO workers (id, seen_at, lease_ms, presence) VALUES (?, ?, ?, ?)';

/** in: id. */
export const DELETE_WORKER: string = 'DELETE FROM workers WHERE id = ?';

/** in: now. out: those seen within their lease. */
export const ALIVE_WORKERS: string =
  'SELECT seen_at, presence FROM workers WHERE seen_at + lease_ms > ? ORDER BY id LIMIT 10000';

/** in: how many leases, now. */
export const FORGET_WORKERS: string = 'DELETE FROM workers WHERE seen_at + lease_ms * ? < ?';

/** out: term, worker, taken_at, lease_ms. */
export const LEADER: string = 'SELECT term, worker, taken_at, lease_ms FROM leader WHERE id = 1';

/** in: term, worker, taken_at, lease_ms. */
export const WRITE_LEADER: string = 'UPDATE leader SET term = ?, worker = ?, taken_at = ?, lease_ms = ? WHERE id = 1';

/** in: worker, term. */
export const RESIGN: string = 'UPDATE leader SET worker = NULL WHERE id = 1 AND worker = ? AND term = ?';
