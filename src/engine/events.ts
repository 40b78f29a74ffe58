/** What happens to the jobs that this process runs. Nothing is built while nobody listens. */

import type { ClaimedJob, JobError } from '../core/job.js';

/** What an event tells of its job. All events of one run have the same object; another run of the job has another. */
export type EventJob = Pick<
  ClaimedJob,
  | 'id'
  | 'task'
  | 'queue'
  | 'priority'
  | 'attempt'
  | 'maxAttempts'
  | 'generation'
  | 'suspect'
  | 'labels'
  | 'keys'
  | 'createdAt'
  | 'dueAt'
>;

/** What `manager.on` can hear, by name. Of jobs that run in this process only. */
export interface EngineEvents {
  /** An attempt's function is called. */
  started: { readonly job: EventJob };
  /** The run told its progress (0–100), or began a step. */
  progress: { readonly job: EventJob; readonly percent: number; readonly step: string | null };
  /** An attempt's function has ended. How, is told by one of the following, once the store has taken it. */
  ended: { readonly job: EventJob };
  /** The store took the end of the job, or of the attempt. */
  completed: { readonly job: EventJob; readonly durationMs: number; readonly isSkipped: boolean };
  /** The job ended as `failed`. */
  failed: { readonly job: EventJob; readonly durationMs: number; readonly error: JobError };
  /** The attempt failed; the next one is due in `delayMs`. */
  retrying: {
    readonly job: EventJob;
    readonly durationMs: number;
    readonly error: JobError;
    readonly delayMs: number;
  };
  /** The job ended as `cancelled`. */
  cancelled: { readonly job: EventJob; readonly durationMs: number };
  /** Given back without an attempt: snoozed, released, parked. */
  returned: { readonly job: EventJob; readonly durationMs: number; readonly reason: string };
  /** The lease ended while the job ran here: what it did is not recorded. */
  lost: { readonly job: EventJob };
  /** Something went wrong beside any job: the store failed, a listener threw. */
  error: { readonly error: unknown; readonly during: string };
}

type Listener<K extends keyof EngineEvents> = (event: EngineEvents[K]) => void;

export class Emitter {
  /** Lists are replaced, never changed: who listens is settled when an event begins to be told. */
  readonly #listeners: Map<keyof EngineEvents, readonly Listener<never>[]> = new Map();

  /** @returns ends the subscription */
  on<K extends keyof EngineEvents>(type: K, listener: Listener<K>): () => void {
    this.#listeners.set(type, [...this.#without(type, listener), listener]);
    return () => {
      const others = this.#without(type, listener);
      if (others.length === 0) this.#listeners.delete(type);
      else this.#listeners.set(type, others);
    };
  }

  has(type: keyof EngineEvents): boolean {
    return this.#listeners.has(type);
  }

  /** A listener that throws harms nobody; it is reported as an `error` event, unless it was one that it threw at. */
  emit<K extends keyof EngineEvents>(type: K, event: EngineEvents[K]): void {
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        const returned: unknown = (listener as Listener<K>)(event);
        // An async listener that rejects must not become an unhandled rejection.
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(type, error));
      } catch (error) {
        this.#failed(type, error);
      }
    }
  }

  #failed(type: keyof EngineEvents, error: unknown): void {
    if (type !== 'error') this.emit('error', { error, during: `a listener of '${type}'` });
  }

  #without(type: keyof EngineEvents, listener: Listener<never>): readonly Listener<never>[] {
    return (this.#listeners.get(type) ?? []).filter((other) => other !== listener);
  }
}
