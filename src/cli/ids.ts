/** Short ids: the digits that `ls` and `dev` show, which differ from job to job. */

import type { JobSnapshot, TaskManager } from '../index.js';
import { UsageError } from './settings.js';
import { shownCount } from './terminal.js';

/** Enough jobs to find what was just seen on a screen. */
const LOOKED_AT = 10_000;
/** Fewer digits meet by chance among so many. */
const FEWEST_DIGITS = 6;

/**
 * The whole ids of what a person typed: each an id, or the beginning of one's last group of digits. The store is looked
 * through once for all of them.
 *
 * @returns of each, in their order: the text itself if it is no short id; null if no job has it among the newest
 * @throws UsageError if several have it
 */
export async function wholeIds(
  manager: Pick<TaskManager, 'list'>,
  texts: readonly string[],
): Promise<readonly (string | null)[]> {
  const found = new Map<string, string[]>();
  for (const text of texts.filter(isShort)) {
    if (text.length < FEWEST_DIGITS) throw new UsageError(`'${text}' is too short for an id; give 6 digits or more.`);
    found.set(text.toLowerCase(), []);
  }
  if (found.size > 0) await look(manager, found);
  return texts.map((text) => {
    if (!isShort(text)) return text;
    const ids = found.get(text.toLowerCase()) ?? [];
    if (ids.length > 1) throw new UsageError(`'${text}' could be ${ids.slice(0, 5).join(' or ')}; give more digits.`);
    return ids[0] ?? null;
  });
}

async function look(manager: Pick<TaskManager, 'list'>, found: ReadonlyMap<string, string[]>): Promise<void> {
  let looked = 0;
  for await (const { id } of manager.list()) {
    const digits = id.slice(24);
    for (const [beginning, ids] of found) if (digits.startsWith(beginning)) ids.push(id);
    if (++looked >= LOOKED_AT) break;
  }
}

/** The job that a person means; null, and said so, if there is none. */
export async function jobOf(manager: TaskManager, text: string): Promise<JobSnapshot | null> {
  const [id = null] = await wholeIds(manager, [text]);
  const job = id === null ? undefined : await manager.get(id);
  if (job !== undefined) return job;
  console.error(`taskspan: ${missingJob(text)}`);
  return null;
}

export function missingJob(text: string): string {
  const where = isShort(text) ? ` among the newest ${shownCount(LOOKED_AT)}; if it is older, give its whole id` : '';
  return `there is no job '${text}'${where}. It was deleted, its retention is over, or it is in another store.`;
}

function isShort(text: string): boolean {
  return /^[\da-f]{1,12}$/i.test(text);
}
