/** What was enqueued, and an error that shows it where it wasn't what a test expects. */

import type { JobSnapshot, TaskManager } from '../manager/index.js';
import type { AnyTask, TaskRef } from '../task/index.js';
import { contains } from './matching.js';
import { shownValue } from './shown.js';

/** What `expectEnqueued` takes beside the match. */
export interface ExpectOptions {
  /** Exactly so many; 0 for none. Default: one or more. */
  readonly times?: number | undefined;
}

/** Jobs that an error lists. */
const LISTED = 20;

/** @throws Error that lists what was enqueued instead */
export async function expectEnqueued(
  manager: TaskManager,
  task: AnyTask | TaskRef,
  match: unknown,
  { times }: ExpectOptions = {},
): Promise<JobSnapshot[]> {
  const all: JobSnapshot[] = [];
  for await (const job of manager.list()) all.push(job);
  all.reverse();
  const ofTask = all.filter((job) => job.task === task.name);
  const found = ofTask.filter(({ input }) => matches(input, match));
  if (times === undefined ? found.length > 0 : found.length === times) return found;

  const wanted = times === undefined ? 'a job' : `${times} ${times === 1 ? 'job' : 'jobs'}`;
  const which =
    match === undefined ? '' : typeof match === 'function' ? ' whose input fits' : ` with input ${shownValue(match)}`;
  const there = found.length === 0 ? '' : ` There are ${found.length} such jobs.`;
  throw new Error(`Expected ${wanted} of task '${task.name}'${which}.${there} ${instead(ofTask, all)}`);
}

function matches(input: unknown, match: unknown): boolean {
  if (match === undefined) return true;
  return typeof match === 'function' ? match(input) === true : contains(input, match);
}

function instead(ofTask: readonly JobSnapshot[], all: readonly JobSnapshot[]): string {
  if (all.length === 0) return 'Nothing was enqueued.';
  const jobs = ofTask.length > 0 ? ofTask : all;
  const of = ofTask.length > 0 ? 'Of this task' : 'Of other tasks only';
  const lines = jobs.slice(0, LISTED).map(({ task, state, input }) => `- ${task} (${state}): ${shownValue(input)}`);
  const more = jobs.length > LISTED ? [`… and ${jobs.length - LISTED} more.`] : [];
  return `${of}, there ${jobs.length === 1 ? 'is' : 'are'}:\n${[...lines, ...more].join('\n')}`;
}
