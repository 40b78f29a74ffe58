/** Looks at a store, a bounded number of records of each kind, for what is wrong with it. */

import type { JobRecord, JobState } from '../core/job.js';
import { readRecurrence } from '../core/recurrence/index.js';
import type { Counts, Finding, ScheduleRecord, Store, StoreHealth } from '../store/index.js';
import { type DueJobs, findingsOf, inOrder, type SeenSchedule, type Sight } from './diagnosis.js';
import { scheduleInfo } from './scheduling.js';

const PAGE = 500;
/** At most so many records of a state are looked at, newest first. */
const LOOKED_AT = 2_000;
const LEASES_LOOKED_AT = 100;
/** A page may be empty, where those of the state are few among many others. */
const MOST_PAGES = 200;
const SCHEDULES = 10_000;

/** What was found at a store, in a bounded look. */
export interface Diagnosis {
  /** Which store it is, and what it says of itself. */
  readonly store: {
    readonly kind: string;
    readonly location: string;
    readonly durability: Store['durability'];
    /** What the store says of itself: versions, modes, sizes. */
    readonly facts: StoreHealth['facts'];
  };
  /** How many jobs are in each state. */
  readonly counts: Counts;
  /** How many are alive. */
  readonly workers: number;
  /** How many there are; counted up to 10 000. */
  readonly schedules: number;
  /** Most pressing first. */
  readonly findings: readonly Finding[];
}

/** @param now this process's clock */
export async function diagnose(store: Store, now: () => number): Promise<Diagnosis> {
  const workers = await store.workers();
  // Right beside the store's own clock: what comes after may take long, and would look like a clock that is off.
  const askedAt = now();
  const health = await store.health?.check(workers.length);
  const answeredAt = now();
  const schedules = await store.listSchedules({}, SCHEDULES);
  const sight: Sight = {
    now: (askedAt + answeredAt) / 2,
    clockDoubtMs: Math.abs(answeredAt - askedAt) / 2,
    storeNow: health?.now ?? null,
    counts: await store.count({}),
    workers,
    ...(await dueJobs(store, health?.now ?? answeredAt)),
    overdueLeases: await overdueLeases(store),
    schedules: schedules.map(seen),
    corrupt: (await newest(store, 'failed')).jobs.filter(({ reason }) => reason === 'corrupt').map(({ id }) => id),
  };
  const { kind, location, durability } = store;
  return {
    store: { kind, location, durability, facts: health?.facts ?? {} },
    counts: sight.counts,
    workers: workers.length,
    schedules: schedules.length,
    findings: inOrder([...(health?.findings ?? []), ...findingsOf(sight)]),
  };
}

async function dueJobs(store: Store, now: number): Promise<Pick<Sight, 'due' | 'isDueWhole'>> {
  const { jobs, isWhole } = await newest(store, 'pending');
  const paused = new Map<string, boolean>();
  const groups = new Map<string, DueJobs>();
  for (const { id, queue, task, parkedOn, dueAt } of jobs) {
    if (dueAt > now) continue;
    const reader = parkedOn?.startsWith('reader:') ? parkedOn : null;
    if (!paused.has(queue)) paused.set(queue, (await store.inspect(id))?.queue.paused ?? false);
    const key = JSON.stringify([queue, task, reader]);
    const isPaused = paused.get(queue) ?? false;
    groups.set(key, { queue, task, reader, isPaused, jobs: (groups.get(key)?.jobs ?? 0) + 1 });
  }
  return { due: [...groups.values()], isDueWhole: isWhole };
}

async function overdueLeases(store: Store): Promise<readonly number[]> {
  const { jobs } = await newest(store, 'running', LEASES_LOOKED_AT);
  const overdue: number[] = [];
  for (const { id } of jobs) {
    const inspection = await store.inspect(id);
    if (inspection?.job.state !== 'running') continue;
    const { claim, now } = inspection;
    // A claim that is gone held it until nobody knows when.
    const ms = claim === null ? Number.MAX_SAFE_INTEGER : now - claim.expiresAt;
    if (ms >= 0) overdue.push(ms);
  }
  return overdue;
}

async function newest(
  store: Store,
  state: JobState,
  most = LOOKED_AT,
): Promise<{ readonly jobs: readonly JobRecord[]; readonly isWhole: boolean }> {
  const jobs: JobRecord[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page: Awaited<ReturnType<Store['list']>> = await store.list(
      { states: [state] },
      cursor,
      Math.min(PAGE, most),
    );
    jobs.push(...page.jobs);
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== null && jobs.length < most && pages < MOST_PAGES);
  return { jobs, isWhole: cursor === null };
}

function seen(record: ScheduleRecord): SeenSchedule {
  const { id, task, queue, nextAt } = record;
  return { id, task, queue, nextAt, isReadable: isReadable(record) };
}

function isReadable(record: ScheduleRecord): boolean {
  try {
    scheduleInfo(record, false);
    readRecurrence(record.rule);
    JSON.parse(record.template);
    return true;
  } catch {
    return false;
  }
}
