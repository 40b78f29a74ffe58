/** The progress of running jobs, written together and at most a few times a second; the last of each job wins. */

import type { ClaimedJob } from '../core/job.js';
import type { ProgressChange, Store } from '../store/index.js';
import type { Agenda } from './agenda.js';

const WRITE_EVERY_MS = 200;

export class Progress {
  readonly #store: Store;
  readonly #agenda: Agenda;
  readonly #onError: (error: unknown) => void;
  #changes: Map<string, ProgressChange> = new Map();

  constructor(store: Store, agenda: Agenda, onError: (error: unknown) => void) {
    this.#store = store;
    this.#agenda = agenda;
    this.#onError = onError;
  }

  record(job: ClaimedJob, progress: string): void {
    this.#changes.set(job.id, { id: job.id, seq: job.seq, token: job.token, progress });
    if (!this.#agenda.has('progress')) this.#agenda.set('progress', WRITE_EVERY_MS, () => void this.flush());
  }

  has(jobId: string): boolean {
    return this.#changes.size > 0 && this.#changes.has(jobId);
  }

  /** The job ended: what it was at is of no more interest. */
  forget(jobId: string): void {
    // Mostly nothing is recorded: then the id needs no hash.
    if (this.#changes.size > 0) this.#changes.delete(jobId);
  }

  /** Progress is worth no failure: what can't be written is reported and forgotten. */
  async flush(): Promise<void> {
    if (this.#changes.size === 0) return;
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    try {
      await this.#store.update(changes);
    } catch (error) {
      this.#onError(error);
    }
  }
}
