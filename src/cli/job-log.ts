/** A line for each job that ends here, or ends an attempt. */

import type { EngineEvents, JobError, TaskManager } from '../index.js';
import { frameOf, paint, say, shownDuration } from './terminal.js';

type Job = EngineEvents['started']['job'];

export class JobLog {
  readonly #running: Set<string> = new Set();
  #taskWidth = 0;

  /** @param onlyTroubles leaves out what went well: a busy worker would print more than anyone reads */
  constructor(manager: TaskManager, { onlyTroubles }: { readonly onlyTroubles: boolean }) {
    manager.on('started', ({ job }) => this.#running.add(job.id));
    manager.on('completed', ({ job, durationMs, isSkipped }) => {
      this.#running.delete(job.id);
      if (onlyTroubles) return;
      if (isSkipped) this.#line(paint('dim', '–'), job, durationMs, 'skipped');
      else this.#line(paint('green', '✓'), job, durationMs);
    });
    manager.on('failed', ({ job, durationMs, error }) => {
      this.#running.delete(job.id);
      this.#line(paint('red', '✗'), job, durationMs, errorText(error));
    });
    manager.on('retrying', ({ job, durationMs, error, delayMs }) => {
      this.#running.delete(job.id);
      this.#line(paint('yellow', '↻'), job, durationMs, `${errorText(error)}; again in ${shownDuration(delayMs)}`);
    });
    manager.on('cancelled', ({ job, durationMs }) => {
      this.#running.delete(job.id);
      this.#line(paint('dim', '–'), job, durationMs, 'cancelled');
    });
    manager.on('returned', ({ job, durationMs, reason }) => {
      // What never ran here, a snooze, a wait for a constraint: a job's daily life, and no news.
      if (this.#running.delete(job.id) && reason === 'released')
        this.#line(paint('yellow', '↩'), job, durationMs, 'given back');
    });
    manager.on('lost', ({ job }) => {
      this.#running.delete(job.id);
      this.#line(paint('red', '✗'), job, null, 'its lease is lost: what it did is not recorded');
    });
  }

  /** How many jobs run here. */
  get running(): number {
    return this.#running.size;
  }

  #line(mark: string, job: Job, durationMs: number | null, note = ''): void {
    this.#taskWidth = Math.min(32, Math.max(this.#taskWidth, job.task.length));
    const words = [
      job.task.padEnd(this.#taskWidth),
      paint('dim', shortId(job.id)),
      durationMs === null ? '' : shownDuration(durationMs).padStart(6),
      job.attempt > 1 ? `attempt ${job.attempt}/${job.maxAttempts ?? '∞'}` : '',
      note,
    ];
    say(`${mark} ${words.filter((word) => word !== '').join('  ')}`);
  }
}

/** The digits of an id that differ from job to job: it begins with the time and ends with the partition. */
function shortId(id: string): string {
  return id.slice(24, 32);
}

function errorText({ message, stack }: JobError): string {
  const line = message.split('\n', 1)[0] as string;
  const place = frameOf(stack ?? '');
  return place === null ? line : `${line} (${place})`;
}
