/**
 * Follows what a manager does, for the live region. It is told of every job, so it only notes: what is shown is put
 * together when somebody looks, a few times a second.
 */

import type { EngineEvents, TaskManager } from '../../index.js';
import { Rate } from './rate.js';
import type { LiveJob, LiveState, LiveStore } from './state.js';

/** More than fit on a screen. */
const LISTED = 60;

const LOOK_EVERY_MS = 1_000;

/** Asking the store may take at most this share of the time: a large one is asked less often. */
const LOOK_SHARE = 0.02;

type Job = EngineEvents['started']['job'];
type Noted = { -readonly [K in keyof LiveJob]: LiveJob[K] };

export class Activity {
  readonly #manager: TaskManager;
  readonly #onChange: () => void;
  /** By run, not by id: a job whose lease was lost may run again here before its old self has ended. */
  readonly #running: Map<Job, Noted> = new Map();
  readonly #rate: Rate = new Rate();
  #completed = 0;
  #failed = 0;
  #store: LiveStore | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onChange called often: it must be cheap */
  constructor(manager: TaskManager, onChange: () => void) {
    this.#manager = manager;
    this.#onChange = onChange;
    manager.on('started', ({ job }) => this.#started(job));
    manager.on('progress', ({ job, percent, step }) => {
      const noted = this.#running.get(job);
      if (noted === undefined) return;
      noted.percent = percent;
      noted.step = step;
      onChange();
    });
    manager.on('completed', () => {
      this.#completed += 1;
      this.#rate.count(Date.now());
      onChange();
    });
    manager.on('failed', () => {
      this.#failed += 1;
      onChange();
    });
    // Not when the store has taken their ends, which it takes by hundreds: those would seem to run side by side.
    manager.on('ended', ({ job }) => {
      this.#running.delete(job);
      onChange();
    });
  }

  /** Begins to ask the store what waits in it. Keeps no process alive. */
  watchStore(): void {
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  state(taskWidth: number): LiveState {
    const running: LiveJob[] = [];
    for (const job of this.#running.values()) {
      if (running.length === LISTED) break;
      running.push(job);
    }
    return {
      running,
      runningCount: this.#running.size,
      completed: this.#completed,
      failed: this.#failed,
      perSecond: this.#rate.perSecond(Date.now()),
      store: this.#store,
      taskWidth,
    };
  }

  #started(job: Job): void {
    const { id, task, attempt, maxAttempts } = job;
    this.#running.set(job, { id, task, attempt, maxAttempts, startedAt: Date.now(), percent: null, step: null });
    this.#onChange();
  }

  async #look(): Promise<void> {
    const begunAt = performance.now();
    try {
      const [counts, [next]] = await Promise.all([this.#manager.count(), this.#manager.schedules({ limit: 1 })]);
      this.#store = {
        waiting: counts.pending,
        running: counts.running,
        isExact: counts.exact,
        next: next?.nextAt === undefined ? null : { schedule: next.id, at: next.nextAt },
      };
      this.#onChange();
    } catch {
      // The worker itself reports a store that fails; here the last numbers stay.
    }
    if (this.#isClosed) return;
    const waitMs = Math.max(LOOK_EVERY_MS, (performance.now() - begunAt) / LOOK_SHARE);
    this.#timer = setTimeout(() => void this.#look(), waitMs).unref();
  }
}
