/** Schedules: from what a user types to the store's definition, and back. */

import { decode, encode } from '../core/codec/index.js';
import { digest } from '../core/digest.js';
import { OptionError, ScheduleError } from '../core/errors.js';
import { hashedId } from '../core/id.js';
import { checkOptions, nonEmptyString, wholeNumber } from '../core/options.js';
import {
  firstSlot,
  nextSlot,
  type Recurrence,
  type RecurrenceOptions,
  recurrence,
  recurrenceIdentity,
  recurrenceOptionNames,
} from '../core/recurrence/index.js';
import { INPUT_LIMIT, type JobTemplate } from '../engine/index.js';
import type { ScheduleDefinition, ScheduleRecord } from '../store/index.js';
import { checkPriority } from '../task/index.js';
import { attemptsOf, type JobSource, labelsOf } from './new-job.js';
import type { ScheduleOptions } from './types.js';

const ownNames = ['id', 'definitionVersion', 'priority', 'labels', 'attempts'] as const;

/** @throws OptionError, ScheduleError, ValueError, TooLargeError */
export function scheduleDefinition(
  source: JobSource,
  input: unknown,
  options: ScheduleOptions,
  keys: readonly string[] | null,
  now: number,
): ScheduleDefinition {
  checkOptions('schedule', options, [...ownNames, ...recurrenceOptionNames]);
  const id = nonEmptyString(options.id, "A schedule's id", 255);
  const rule = recurrence(ruleOptions(options), now);
  const template: JobTemplate = {
    priority:
      options.priority === undefined ? (source.task?.priority ?? 0) : checkPriority(options.priority, 'priority'),
    maxAttempts: attemptsOf(source.task, options.attempts),
    labels: labelsOf(source.task, options.labels),
    keys,
    keep: source.task?.ownKeep ?? null,
    taskVersion: null,
  };
  const text = encode(input, 'input', INPUT_LIMIT);
  const templateText = JSON.stringify(template);
  return {
    id,
    definitionVersion: wholeNumber(options.definitionVersion ?? 0, 'definitionVersion', 0),
    task: source.name,
    queue: source.queue,
    input: text,
    rule: JSON.stringify(rule),
    template: templateText,
    fingerprint: hashedId(
      ['schedule', source.queue, digest(source.name, text), recurrenceIdentity(rule), templateText],
      0,
    ),
    nextAt: firstSlot(rule, now),
  };
}

function ruleOptions(options: ScheduleOptions): RecurrenceOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => !(ownNames as readonly string[]).includes(name)),
  );
}

/** A schedule as a user sees it. */
export interface ScheduleInfo {
  /** The schedule's id. */
  readonly id: string;
  /** The name of its task. */
  readonly task: string;
  /** Where its jobs wait. */
  readonly queue: string;
  /** What its jobs are given. */
  readonly input: unknown;
  /** In a rolling deploy the definition with the higher version wins. */
  readonly definitionVersion: number;
  /** When it makes jobs, with every default filled in. */
  readonly rule: Recurrence;
  /** Epoch ms; undefined if it has ended. */
  readonly nextAt: number | undefined;
  /** How many slots have made a job under this rule. */
  readonly firedCount: number;
  /** The job of the last slot that made one. */
  readonly lastJobId: string | undefined;
  /** The last slot that made a job; epoch ms. */
  readonly lastSlot: number | undefined;
  /** Whether this manager has its task. Where nobody has, its jobs wait. */
  readonly isTaskRegistered: boolean;
  /** The next `n` slots (epoch ms), at most 1000. */
  preview(n: number): readonly number[];
}

/** @throws ScheduleError if its record is damaged */
export function scheduleInfo(record: ScheduleRecord, isTaskRegistered: boolean): ScheduleInfo {
  const { rule, input } = readRecord(record);
  return {
    id: record.id,
    task: record.task,
    queue: record.queue,
    input,
    definitionVersion: record.definitionVersion,
    rule,
    nextAt: record.nextAt ?? undefined,
    firedCount: record.firedCount,
    lastJobId: record.lastJobId ?? undefined,
    lastSlot: record.lastSlot ?? undefined,
    isTaskRegistered,
    preview: (n) => nextSlots(record, rule, wholeNumber(n, 'preview', 0, 1_000)),
  };
}

function readRecord(record: ScheduleRecord): { readonly rule: Recurrence; readonly input: unknown } {
  try {
    return { rule: JSON.parse(record.rule) as Recurrence, input: decode(record.input) };
  } catch (error) {
    throw damagedSchedule(record.id, error);
  }
}

export function damagedSchedule(id: string, cause: unknown): ScheduleError {
  return new ScheduleError(`What is stored of schedule '${id}' can't be read. Remove it and schedule it anew.`, {
    cause,
  });
}

function nextSlots(record: ScheduleRecord, rule: Recurrence, n: number): readonly number[] {
  const slots: number[] = [];
  let slot = record.nextAt;
  while (slot !== null && slots.length < n) {
    slots.push(slot);
    slot = nextSlot(rule, slot, record.firedCount + slots.length);
  }
  return slots;
}

/** The documented `addAndScheduleTask(task, cron)`: the schedule with id `task:<name>`. */
export function taskScheduleOptions(name: string, cron: string): ScheduleOptions {
  if (typeof cron !== 'string')
    throw new OptionError(`The schedule of task '${name}' is ${String(cron)}; give a cron pattern.`);
  return { id: taskScheduleId(name), cron };
}

export function taskScheduleId(name: string): string {
  return `task:${name}`;
}
