/** Why isn't my job running? */

import { groupOfKey, valueOfKey } from '../core/constraint.js';
import { JobGoneError } from '../core/errors.js';
import { isTerminal, type JobRecord } from '../core/job.js';
import type { Inspection, KeyInspection, Store, WorkerRecord } from '../store/index.js';
import { ago, type Cause, cause } from './cause.js';
import { holdsPermitsOnly } from './triggers/permits.js';

/** Why a job isn't running. */
export interface Explanation {
  /** The job that was asked for. */
  readonly jobId: string;
  /** The name of its task. */
  readonly task: string;
  /** Its state. */
  readonly state: JobRecord['state'];
  /** Why it is in that state. */
  readonly reason: JobRecord['reason'];
  /** Most telling first; never empty. */
  readonly causes: readonly Cause[];
  /** One line for people. */
  readonly summary: string;
}

/**
 * @param waitsHere why the job, though claimed, waits to run in this process
 * @throws JobGoneError
 */
export async function explain(
  store: Store,
  id: string,
  waitsHere: () => readonly Cause[] = () => [],
): Promise<Explanation> {
  const [inspection, all] = await Promise.all([store.inspect(id), store.workers()]);
  if (inspection === null) throw new JobGoneError(id);
  const { job } = inspection;
  const workers = all.filter((worker) => worker.queues.includes(job.queue) || !holdsPermitsOnly(worker));
  const causes = [...(job.state === 'running' ? waitsHere() : []), ...causesOf(inspection, workers)];
  const summary = `Job ${job.id} of task '${job.task}' is ${job.state}: ${causes.map((cause) => cause.message).join(' ')}`;
  return { jobId: job.id, task: job.task, state: job.state, reason: job.reason, causes, summary };
}

function causesOf(inspection: Inspection, workers: readonly WorkerRecord[]): readonly Cause[] {
  const { job } = inspection;
  if (isTerminal(job.state)) return [cause('ended', endedMessage(job))];
  if (job.state === 'suspended') return [cause('suspended', 'It is suspended; resume it.')];
  if (job.state === 'running') return [cause('running', runningMessage(inspection, workers))];
  const causes = [...waitingCauses(inspection), ...workerCauses(inspection, workers)];
  return causes.length > 0
    ? causes
    : [
        cause(
          'next',
          'Nothing is in its way: the next free worker claims it, in order of priority, due time and arrival.',
        ),
      ];
}

function waitingCauses({ job, now, queue, keys }: Inspection): readonly Cause[] {
  const causes: Cause[] = [];
  if (job.dueAt > now)
    causes.push(cause('not-due', `It is due in ${ago(job.dueAt - now)}${retryNote(job)}.`, job.dueAt));
  if (queue.paused)
    causes.push(cause('queue-paused', `Queue '${job.queue}' is paused; resume it with resumeQueue('${job.queue}').`));
  if (queue.concurrency !== null && queue.running >= queue.concurrency) {
    causes.push(
      cause('queue-full', `Queue '${job.queue}' runs ${queue.running} jobs, and its limit is ${queue.concurrency}.`),
    );
  }
  for (const key of keys) causes.push(...keyCauses(key, now));
  if (job.suspect) {
    causes.push(
      cause(
        'suspect',
        'A worker that ran it disappeared, so it runs beside no other such job: one a worker at a time.',
      ),
    );
  }
  return causes;
}

function keyCauses(key: KeyInspection, now: number): readonly Cause[] {
  const name = `constraint group '${groupOfKey(key.key)}', key '${valueOfKey(key.key)}'`;
  const line = key.waiting > 1 ? ` ${key.waiting} jobs wait there.` : '';
  if (key.opensAt === null) {
    const holders = key.holders.length === 0 ? '' : ` Held by ${key.holders.join(', ')}.`;
    return [
      cause(
        'constraint-full',
        `It waits for ${name}: ${key.running} of ${key.limits.maxConcurrent} run.${holders}${line}`,
      ),
    ];
  }
  if (key.opensAt <= now) return [];
  return [
    cause(
      'constraint-cooling',
      `It waits for ${name}, which has room again in ${ago(key.opensAt - now)}.${line}`,
      key.opensAt,
    ),
  ];
}

function workerCauses({ job }: Inspection, workers: readonly WorkerRecord[]): readonly Cause[] {
  if (job.parkedOn?.startsWith('reader:')) {
    return [cause('newer-record', `A newer version of taskspan wrote it (${job.parkedOn}); update a worker.`)];
  }
  const able = workers.filter((worker) => worker.tasks.includes(job.task) && worker.queues.includes(job.queue));
  if (able.length > 0) {
    const isBusy = able.every((worker) => worker.running >= worker.concurrency);
    return isBusy && job.placement === 'ready' ? [cause('workers-busy', busyMessage(able.length))] : [];
  }
  if (workers.length === 0) return [cause('no-worker', 'No worker is alive on this store: start one.')];
  const elsewhere = workers.filter((worker) => worker.tasks.includes(job.task));
  if (elsewhere.length > 0) {
    const queues = [...new Set(elsewhere.flatMap((worker) => worker.queues))].join(', ');
    return [
      cause('unknown-task', `It is in queue '${job.queue}', but workers with task '${job.task}' serve only ${queues}.`),
    ];
  }
  const who =
    workers.length === 1 ? 'The one live worker has no task' : `None of the ${workers.length} live workers has a task`;
  return [cause('unknown-task', `${who} named '${job.task}'; register it in one.`)];
}

function busyMessage(workers: number): string {
  return workers === 1
    ? 'The only worker that has the task is busy.'
    : `All ${workers} workers that have the task are busy.`;
}

function endedMessage(job: JobRecord): string {
  const last = job.errors.at(-1);
  const error = job.state === 'failed' && last !== undefined ? ` ${last.name}: ${last.message}` : '';
  return `It ended (${job.reason}) after ${job.attempt} of ${job.maxAttempts ?? 'endless'} attempts.${error}`;
}

function runningMessage({ job, now, claim }: Inspection, workers: readonly WorkerRecord[]): string {
  const worker = workers.find((candidate) => candidate.id === claim?.worker);
  const where = worker === undefined ? 'a worker that was not seen lately' : `worker ${worker.name}`;
  const lease =
    claim === null
      ? ''
      : ` Its lease ${claim.expiresAt > now ? `holds for ${ago(claim.expiresAt - now)}` : 'is over: the next sweep frees it'}.`;
  const cancel = job.cancelRequested ? ' Its cancel is requested.' : '';
  return `Attempt ${job.attempt} is with ${where} since ${ago(now - (job.claimedAt ?? now))}.${lease}${cancel}`;
}

function retryNote(job: JobRecord): string {
  const last = job.errors.at(-1);
  if (job.reason === 'snoozed') return ' (it snoozed)';
  return last === undefined || job.attempt === 0 ? '' : `, after attempt ${job.attempt} failed: ${last.message}`;
}
