/** Makes the jobs of schedules whose slots have come: insert, then advance, so a crash between loses nothing. */

import { hash32, hashedId, partitionOf } from '../core/id.js';
import { type Keep, type NewJob, READER_VERSION, RECORD_VERSION } from '../core/job.js';
import {
  type DueSlots,
  dueSlots,
  nextSlot,
  type Recurrence,
  readRecurrence,
  slotJitter,
} from '../core/recurrence/index.js';
import { partitionOfQueue, type ScheduleAdvance, type ScheduleRecord, type Store } from '../store/index.js';

/** Schedules looked at in one call, and slots of one schedule. */
const BATCH = 100;

/** How the jobs of a schedule are made; stored as JSON beside its rule. */
export interface JobTemplate {
  readonly priority: number;
  readonly maxAttempts: number | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly keys: readonly string[] | null;
  readonly keep: Keep | null;
  readonly taskVersion: number | null;
}

/**
 * Schedules that this process can't read, as they are stored: of a zone that it doesn't know, of a later version, or
 * damaged. Each is reported once and left as it is, for another process may read it.
 */
export type Unreadable = Map<string, string>;

/**
 * Fires what is due.
 *
 * @param unreadable kept from call to call
 * @returns how many jobs it made, and when the next slot is due (epoch ms by the given clock), null if none is
 */
export async function fireSchedules(
  store: Store,
  now: number,
  unreadable: Unreadable,
  onError: (error: unknown, scheduleId: string) => void,
): Promise<{ fired: number; nextAt: number | null }> {
  // They stay due, and come first: the page has room for all that are known, so others never wait behind them.
  const limit = BATCH + unreadable.size;
  const due = await store.listSchedules({ dueBefore: now }, limit);
  if (due.length < limit) forgetGone(unreadable, due);
  let fired = 0;
  let hasFailed = false;
  for (const schedule of due) {
    const plan = planOf(store, schedule, now, unreadable, onError);
    if (plan === null) continue;
    try {
      fired += await fireOne(store, schedule, plan);
    } catch (error) {
      hasFailed = true;
      onError(error, schedule.id);
    }
  }
  // What failed is tried by the next sweep, not at once again.
  if (hasFailed) return { fired, nextAt: null };
  if (due.length === limit) return { fired, nextAt: now };
  const soonest = await store.listSchedules({}, unreadable.size + 1);
  return { fired, nextAt: soonest.find((schedule) => !isKnown(unreadable, schedule))?.nextAt ?? null };
}

interface Plan {
  readonly rule: Recurrence;
  readonly due: DueSlots;
  readonly jobs: readonly NewJob[];
}

/** Null if this process can't read what is stored of the schedule: it must not keep the others from firing. */
function planOf(
  store: Store,
  schedule: ScheduleRecord,
  now: number,
  unreadable: Unreadable,
  onError: (error: unknown, scheduleId: string) => void,
): Plan | null {
  if (isKnown(unreadable, schedule)) return null;
  try {
    const rule = readRecurrence(schedule.rule);
    const due = dueSlots(rule, schedule.nextAt as number, now, schedule.firedCount, BATCH);
    return {
      rule,
      due,
      jobs: due.fire.map((slot) => slotJob(schedule, partitionOfQueue(store, schedule.queue), rule, slot)),
    };
  } catch (error) {
    unreadable.set(schedule.id, textOf(schedule));
    onError(error, schedule.id);
    return null;
  }
}

function isKnown(unreadable: Unreadable, schedule: ScheduleRecord): boolean {
  return unreadable.get(schedule.id) === textOf(schedule);
}

/** Not its fingerprint, which is the same when it is removed and scheduled anew. */
function textOf({ rule, template }: ScheduleRecord): string {
  return JSON.stringify([rule, template]);
}

/** @param due all that are due */
function forgetGone(unreadable: Unreadable, due: readonly ScheduleRecord[]): void {
  const ids = new Set(due.map(({ id }) => id));
  for (const id of unreadable.keys()) if (!ids.has(id)) unreadable.delete(id);
}

async function fireOne(store: Store, schedule: ScheduleRecord, { rule, due, jobs }: Plan): Promise<number> {
  const fromNextAt = schedule.nextAt as number;
  const answers = await store.insert(jobs);
  // A slot that the overlap policy dropped made no job, and doesn't count for `repeat`.
  const made = jobs.filter((job, i) => answers[i]?.id === job.id);
  const dropped = jobs.length - made.length;
  const firedCount = due.firedCount - dropped;
  const lastSlot = due.fire.at(-1) ?? null;
  // `repeat` seemed used up by slots that made no job after all.
  const isRevived = dropped > 0 && due.nextAt === null && lastSlot !== null;
  const advance: ScheduleAdvance = {
    id: schedule.id,
    fingerprint: schedule.fingerprint,
    fromNextAt,
    toNextAt: isRevived ? nextSlot(rule, lastSlot, firedCount) : due.nextAt,
    firedCount,
    lastJobId: made.at(-1)?.id ?? schedule.lastJobId,
    lastSlot: made.length > 0 ? lastSlot : schedule.lastSlot,
  };
  const [hasAdvanced] = await store.advanceSchedules([advance]);
  if (hasAdvanced === false) await withdrawIfChanged(store, schedule, made);
  return made.length;
}

/** The schedule moved under us. If another manager fired the slot, the jobs are its too; if the rule changed, they must not run. */
async function withdrawIfChanged(store: Store, schedule: ScheduleRecord, made: readonly NewJob[]): Promise<void> {
  const [current] = await store.listSchedules({ ids: [schedule.id] }, 1);
  if (current?.fingerprint === schedule.fingerprint) return;
  const ids = made.map((job) => job.id);
  await store.control('delete', { ids }, ids.length);
}

/** One job per schedule, version and slot: its id says so. */
function slotJob(schedule: ScheduleRecord, partition: number, rule: Recurrence, slot: number): NewJob {
  const id = hashedId(['schedule', schedule.id, schedule.fingerprint, slot], partition);
  const job = triggeredJob(schedule, id, slot);
  return {
    ...job,
    rare: { ...job.rare, scheduleVersion: schedule.fingerprint },
    dueAt: slot + slotJitter(rule, hash32(id)),
    unique:
      rule.overlap === 'allow'
        ? null
        : {
            key: `schedule:${schedule.id}`,
            until: rule.overlap === 'skip' ? 'finished' : 'started',
            onConflict: 'keep',
          },
  };
}

/**
 * One that somebody asked for between the slots, due at once: the rule's policies don't hold it back, and it holds
 * back no slot. It has no `scheduleVersion`, so it outlives a change of the rule.
 *
 * @param id of the partition that its queue lives in
 * @throws SyntaxError if the schedule's record is damaged
 */
export function triggeredJob(schedule: ScheduleRecord, id: string, slot: number): NewJob {
  const template = JSON.parse(schedule.template) as JobTemplate;
  return {
    id,
    partition: partitionOf(id),
    recordVersion: RECORD_VERSION,
    minReader: READER_VERSION,
    task: schedule.task,
    queue: schedule.queue,
    input: schedule.input,
    delayMs: 0,
    dueAt: null,
    priority: template.priority,
    maxAttempts: template.maxAttempts,
    labels: template.labels,
    keys: template.keys,
    unique: null,
    digest: null,
    rare: {
      scheduleId: schedule.id,
      scheduleSlot: slot,
      ...(template.keep === null ? {} : { keep: template.keep }),
      ...(template.taskVersion === null ? {} : { taskVersion: template.taskVersion }),
    },
  };
}
