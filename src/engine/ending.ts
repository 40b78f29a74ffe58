import type { ClaimedJob } from '../core/job.js';
import type { Transition } from '../core/transitions.js';
import type { Emitter } from './events.js';

/** An attempt that ended here, on its way to the store. */
export interface Ended {
  readonly job: ClaimedJob;
  readonly transition: Transition;
  /** By the monotonic clock. */
  readonly endedAt: number;
  readonly durationMs: number;
}

/** Tells the listeners, if there are any, what the store took. */
export function reportEnd(emitter: Emitter, { job, transition, durationMs }: Ended): void {
  const { to, reason, error } = transition;
  if (to === 'completed') {
    if (emitter.has('completed')) emitter.emit('completed', { job, durationMs, isSkipped: reason === 'skipped' });
  } else if (to === 'cancelled') emitter.emit('cancelled', { job, durationMs });
  else if (to === 'failed' && error !== null) emitter.emit('failed', { job, durationMs, error });
  else if (error !== null) emitter.emit('retrying', { job, durationMs, error, delayMs: transition.delayMs });
  else emitter.emit('returned', { job, durationMs, reason });
}
