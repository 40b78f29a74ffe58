/** From what a user enqueues to what a store takes. */

import { encode } from '../core/codec/index.js';
import { digest } from '../core/digest.js';
import { durationMs } from '../core/duration.js';
import { OptionError } from '../core/errors.js';
import { keyedId } from '../core/id.js';
import { type NewJob, type Rare, READER_VERSION, RECORD_VERSION, type Unique } from '../core/job.js';
import { checkOptions, nonEmptyString } from '../core/options.js';
import { DEFAULT_ATTEMPTS, maxAttempts } from '../core/retry.js';
import { INPUT_LIMIT } from '../engine/index.js';
import {
  type AnyTask,
  checkLabels,
  checkPriority,
  type EnqueueOptions,
  enqueueOptionNames,
  positiveMs,
} from '../task/index.js';

/** What of a task, or of a reference to one, its jobs are made of. */
export interface JobSource {
  readonly name: string;
  readonly queue: string;
  /** Undefined if only its name is known here. */
  readonly task: AnyTask | undefined;
}

export interface JobMaker {
  readonly newId: (nowMs: number, partition: number) => string;
  readonly now: () => number;
  /** The partition that the queue's jobs live in. */
  readonly partitionOf: (queue: string) => number;
  readonly keysFor: (source: JobSource, input: unknown) => readonly string[] | null;
}

const noOptions: EnqueueOptions = {};

/** @throws OptionError, ValueError, TooLargeError: nothing is written then */
export function newJob(
  maker: JobMaker,
  source: JobSource,
  input: unknown,
  options: EnqueueOptions = noOptions,
  rare: Rare | null = null,
): NewJob {
  const { task } = source;
  if (options !== noOptions) checkOptions('enqueue', options, enqueueOptionNames);
  const text = encode(input, 'input', INPUT_LIMIT);
  const { idempotencyKey } = options;
  const partition = maker.partitionOf(source.queue);
  if (idempotencyKey !== undefined) nonEmptyString(idempotencyKey, 'idempotencyKey', 1_024);
  return {
    id:
      idempotencyKey === undefined
        ? maker.newId(maker.now(), partition)
        : keyedId(source.queue, idempotencyKey, partition),
    partition,
    recordVersion: RECORD_VERSION,
    minReader: READER_VERSION,
    task: source.name,
    queue: source.queue,
    input: text,
    delayMs: delayOf(options),
    dueAt: options.at === undefined ? null : instant(options.at, 'at'),
    priority: options.priority === undefined ? (task?.priority ?? 0) : checkPriority(options.priority, 'priority'),
    maxAttempts: attemptsOf(task, options.attempts),
    labels: labelsOf(task, options.labels),
    keys: maker.keysFor(source, input),
    unique: uniqueOf(source.name, options),
    digest: idempotencyKey === undefined ? null : digest(source.name, text),
    rare: rareOf(task, options, rare),
  };
}

function rareOf(task: AnyTask | undefined, { timeout }: EnqueueOptions, rare: Rare | null): Rare | null {
  const keep = task?.ownKeep ?? null;
  if (keep === null && timeout === undefined) return rare;
  return {
    ...rare,
    ...(keep !== null && { keep }),
    ...(timeout !== undefined && { timeoutMs: positiveMs(timeout, 'timeout') }),
  };
}

function delayOf(options: EnqueueOptions): number {
  if (options.in === undefined) return 0;
  if (options.at !== undefined) throw new OptionError('enqueue was given both `in` and `at`; give one.');
  const ms = durationMs(options.in, '`in`');
  if (ms <= 8.64e15 / 2) return ms;
  throw new OptionError(`\`in\` is ${ms} ms, which is beyond what a date can hold.`);
}

/** @throws OptionError unless it is a valid Date or finite epoch milliseconds */
export function instant(value: Date | number, what: string): number {
  const ms = value instanceof Date ? value.getTime() : value;
  if (typeof ms === 'number' && Math.abs(ms) <= 8.64e15) return ms;
  throw new OptionError(`\`${what}\` is ${String(value)}; give a valid Date or epoch milliseconds.`);
}

/** `null` = without end. Who knows only the task's name uses the default. */
export function attemptsOf(task: AnyTask | undefined, own: number | undefined): number | null {
  if (own !== undefined) return maxAttempts(own);
  return task === undefined ? DEFAULT_ATTEMPTS : task.retry.maxAttempts;
}

/** Null if there are none; in the order of their names, so that equal labels are equal text. */
export function labelsOf(
  task: AnyTask | undefined,
  own: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | null {
  if (own === undefined && (task === undefined || isEmpty(task.labels))) return null;
  const labels = { ...task?.labels, ...(own === undefined ? undefined : checkLabels(own, 'labels')) };
  const names = Object.keys(labels);
  if (names.length < 2) return names.length === 0 ? null : labels;
  return Object.fromEntries(names.sort().map((name) => [name, labels[name] as string]));
}

function isEmpty(labels: Readonly<Record<string, string>>): boolean {
  for (const _ in labels) return false;
  return true;
}

/** The stored key names the task: another task's job can neither stand for this one nor take its input over. */
function uniqueOf(task: string, { unique, idempotencyKey }: EnqueueOptions): Unique | null {
  if (unique === undefined) return null;
  checkOptions('unique', unique, ['key', 'until', 'onConflict']);
  if (idempotencyKey !== undefined)
    throw new OptionError('enqueue was given both idempotencyKey and unique; give one.');
  const { until = 'finished', onConflict = 'keep' } = unique;
  if (until !== 'started' && until !== 'finished')
    throw new OptionError(`unique.until is ${String(until)}; it is 'started' or 'finished'.`);
  if (onConflict !== 'keep' && onConflict !== 'replace') {
    throw new OptionError(`unique.onConflict is ${String(onConflict)}; it is 'keep' or 'replace'.`);
  }
  return { key: `${task}/${nonEmptyString(unique.key, 'unique.key', 1_024)}`, until, onConflict };
}
