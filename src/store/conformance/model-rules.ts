/** The rules of the model that need no state: what control does to one job, and which of two is claimed first. */

import { isTerminal, type JobRecord } from '../../core/job.js';
import { cancelWaiting, promote, redrive, requestCancel, resume, suspend } from '../../core/transitions.js';
import type { ControlAction } from '../contract.js';

/** What an action makes of a job; `refused` if it has nothing to do. */
export function controlPatch(
  action: ControlAction,
  job: JobRecord,
  isDelayed: boolean,
  now: number,
): Partial<JobRecord> | 'refused' | 'deleted' {
  switch (action) {
    case 'cancel':
      return isTerminal(job.state)
        ? 'refused'
        : job.state === 'running'
          ? job.cancelRequested
            ? {}
            : requestCancel(job)
          : cancelWaiting(job, now);
    case 'retry':
      return isTerminal(job.state) ? redrive(job, now) : 'refused';
    case 'suspend':
      return job.state === 'pending' ? suspend(job) : 'refused';
    case 'resume':
      return job.state === 'suspended' ? resume(job) : 'refused';
    case 'promote':
      return job.state === 'pending' && isDelayed ? promote(job, now) : 'refused';
    case 'delete':
      return job.state === 'running' ? 'refused' : 'deleted';
  }
}

/** Priority, due time, arrival; smaller goes first. */
export type Rank = readonly [number, number, number];

/** Null for suspects and orphans, which come first by rules of their own. */
export function rankOf(job: JobRecord): Rank | null {
  return job.suspect || job.parkedOn !== null ? null : [-job.priority, job.dueAt, job.seq];
}

export function compare(a: Rank, b: Rank): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
