/** Finding jobs and acting on them, page by page. */

import { constraintKey } from '../core/constraint.js';
import { JobGoneError, JobStateError, OptionError } from '../core/errors.js';
import { isTerminal, type JobState } from '../core/job.js';
import { checkOptions } from '../core/options.js';
import type { Engine } from '../engine/index.js';
import type { ControlAction, ControlAnswer, JobFilter } from '../store/index.js';
import { instant } from './new-job.js';
import { type JobSnapshot, snapshotOf } from './snapshot.js';
import { type JobQuery, jobQueryNames } from './types.js';

const PAGE = 200;
const states: readonly JobState[] = ['pending', 'running', 'suspended', 'completed', 'failed', 'cancelled'];

/** @throws OptionError for an unknown field or state */
export function filterOf(query: JobQuery): JobFilter {
  checkOptions('a job filter', query, jobQueryNames);
  const { state, task, constraint } = query;
  const wanted = state === undefined ? undefined : typeof state === 'string' ? [state] : [...new Set(state)];
  for (const name of wanted ?? []) {
    if (!states.includes(name))
      throw new OptionError(`A job filter's state is '${String(name)}'; states are ${states.join(', ')}.`);
  }
  return {
    states: wanted,
    queue: query.queue,
    task: typeof task === 'object' ? task.name : task,
    labels: query.labels,
    key: constraint === undefined ? undefined : constraintKey(constraint.group, constraint.key),
    scheduleId: query.schedule,
    parentId: query.parent,
    createdBefore: query.createdBefore === undefined ? undefined : instant(query.createdBefore, 'createdBefore'),
    createdAfter: query.createdAfter === undefined ? undefined : instant(query.createdAfter, 'createdAfter'),
  };
}

export async function* listJobs(engine: Engine, filter: JobFilter): AsyncGenerator<JobSnapshot, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof engine.store.list>> = await engine.store.list(filter, cursor, PAGE);
    for (const job of page.jobs) yield snapshotOf(job);
    cursor = page.cursor;
  } while (cursor !== null);
}

/**
 * Acts on one job by its id.
 *
 * @returns false if there was nothing left to do: a cancel of a job that had ended
 * @throws JobGoneError, JobStateError
 */
export async function actOnOne(engine: Engine, action: ControlAction, id: string): Promise<boolean> {
  const { answers } = await engine.control(action, { ids: [id] }, 1);
  const answer = answers[0] as ControlAnswer;
  if (answer.outcome === 'missing') throw new JobGoneError(id);
  if (answer.outcome !== 'refused') return true;
  const state = answer.state as JobState;
  if (action === 'cancel' && isTerminal(state)) return false;
  throw new JobStateError(id, state, action, hintFor(action));
}

/** Acts on all that match, in chunks. @returns how many it changed */
export async function actOnAll(engine: Engine, action: ControlAction, filter: JobFilter): Promise<number> {
  let changed = 0;
  let cursor: string | null = null;
  do {
    const reply: Awaited<ReturnType<typeof engine.control>> = await engine.control(action, { filter, cursor }, PAGE);
    changed += reply.answers.filter((answer) => answer.outcome === 'done' || answer.outcome === 'requested').length;
    cursor = reply.cursor;
  } while (cursor !== null);
  return changed;
}

function hintFor(action: ControlAction): string {
  switch (action) {
    case 'retry':
      return 'Only an ended job can be retried.';
    case 'suspend':
      return 'Only a waiting job can be suspended; cancel one that runs.';
    case 'resume':
      return 'Only a suspended job can be resumed.';
    case 'promote':
      return 'Only a job that waits for its due time can be promoted.';
    case 'delete':
      return 'Cancel it first; it can be deleted when it has ended.';
    case 'cancel':
      return 'It can no longer be cancelled.';
  }
}
