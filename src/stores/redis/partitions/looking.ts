/** Pages, counts and changes by filter, over partitions. */

import { OptionError } from '../../../core/errors.js';
import type { JobRecord } from '../../../core/job.js';
import {
  type ControlAction,
  type ControlReply,
  type Counts,
  type JobFilter,
  type ListReply,
  noCounts,
  type Store,
} from '../../../store/index.js';
import type { Routing } from './routing.js';

/** Records of one page, over all partitions; a page of the contract has no more. */
const PAGE = 1_000;

/** Where a look at a filter's jobs goes on: by partition, null where it is over. */
type Cursors = readonly (string | null)[];

/**
 * Newest first: the partitions' pages are merged by when their jobs were enqueued. It ends where the page of a partition
 * does that has more, since what follows there may be newer than what others have.
 */
export async function list(
  parts: readonly Store[],
  routing: Routing,
  filter: JobFilter,
  cursor: string | null,
  limit: number,
): Promise<ListReply> {
  if (filter.queue !== undefined) return partOf(parts, routing, filter.queue).list(filter, cursor, limit);
  const wanted = Math.min(limit, PAGE);
  const each = Math.min(wanted, Math.max(Math.ceil(PAGE / parts.length), 1));
  const cursors = cursor === null ? parts.map(() => '') : cursorsOf(cursor, parts.length);
  const pages = await Promise.all(
    cursors.map((from, i) =>
      from === null ? noPage : (parts[i] as Store).list(filter, from === '' ? null : from, each),
    ),
  );
  const taken = pages.map(() => 0);
  const jobs: JobRecord[] = [];
  while (jobs.length < wanted) {
    const at = newest(pages, taken);
    if (at === null) break;
    jobs.push((pages[at] as ListReply).jobs[taken[at] as number] as JobRecord);
    taken[at] = (taken[at] as number) + 1;
  }
  return {
    jobs,
    cursor: joined(pages.map((page, i) => nextOf(page, taken[i] as number, cursors[i] as string | null))),
  };
}

const noPage: ListReply = { jobs: [], cursor: null };

/** The page whose next job is the newest; null if there is none, or might be one in a page that goes on. */
function newest(pages: readonly ListReply[], taken: readonly number[]): number | null {
  let best: number | null = null;
  let bestAt = -Infinity;
  for (const [i, { jobs, cursor }] of pages.entries()) {
    const job = jobs[taken[i] as number];
    if (job === undefined && cursor !== null) return null;
    if (job === undefined || job.createdAt <= bestAt) continue;
    best = i;
    bestAt = job.createdAt;
  }
  return best;
}

function nextOf({ jobs, cursor }: ListReply, taken: number, from: string | null): string | null {
  if (taken === jobs.length) return cursor;
  // A page goes on behind the number of the last one that was taken; or what came meanwhile would stand among the old.
  if (taken > 0) return `${(jobs[taken - 1] as JobRecord).seq}`;
  return from === '' ? `${(jobs[0] as JobRecord).seq + 1}` : from;
}

/** @returns a cursor as text: a part each, `-` where it is over. Null where it is over everywhere. */
function joined(cursors: Cursors): string | null {
  return cursors.every((one) => one === null) ? null : cursors.map((one) => one ?? '-').join('.');
}

/** @throws OptionError for what is no cursor of such a list */
function cursorsOf(cursor: string, partitions: number): Cursors {
  const cursors = cursor.split('.').map((one) => (one === '-' ? null : one));
  if (cursors.length === partitions) return cursors;
  throw new OptionError(`The cursor '${cursor}' is not one of this list; pass back the cursor of its last page.`);
}

export async function count(parts: readonly Store[], routing: Routing, filter: JobFilter): Promise<Counts> {
  if (filter.queue !== undefined) return partOf(parts, routing, filter.queue).count(filter);
  const all = await Promise.all(parts.map((part) => part.count(filter)));
  const sum = noCounts();
  for (const name of Object.keys(sum) as (keyof typeof sum)[]) for (const counts of all) sum[name] += counts[name];
  return { ...sum, exact: all.every(({ exact }) => exact) };
}

/** One partition after the other: the cursor says which, and where in it. */
export async function controlMatching(
  parts: readonly Store[],
  routing: Routing,
  action: ControlAction,
  { filter, cursor }: { readonly filter: JobFilter; readonly cursor: string | null },
  limit: number,
): Promise<ControlReply> {
  if (filter.queue !== undefined)
    return partOf(parts, routing, filter.queue).control(action, { filter, cursor }, limit);
  const [number = '0', from = ''] = (cursor ?? '').split('.');
  const at = Number(number);
  const part = parts[at];
  if (part === undefined)
    throw new OptionError(`The cursor '${cursor}' is not one of these jobs; pass back the cursor of the last call.`);
  const reply = await part.control(action, { filter, cursor: from === '' ? null : from }, limit);
  if (reply.cursor !== null) return { ...reply, cursor: `${at}.${reply.cursor}` };
  return { ...reply, cursor: at + 1 < parts.length ? `${at + 1}.` : null };
}

function partOf(parts: readonly Store[], routing: Routing, queue: string): Store {
  return parts[routing.ofQueue(queue)] as Store;
}
