/** A line for each job that ends here, or ends an attempt. */

import type { EngineEvents, JobError, TaskManager } from '../index.js';
import { oneLine, padded, textWidth } from './live/text.js';
import { LogSampler } from './log-sampler.js';
import { frameOf, type Paint, paint, say, shortId, shownCount, shownDuration } from './terminal.js';

type Job = EngineEvents['started']['job'];

export interface JobLogOptions {
  /** Leaves out what went well: a busy worker would print more than anyone reads. */
  readonly onlyTroubles: boolean;
  /** Counts what comes faster than anyone reads. Not for a record, which is to be complete. */
  readonly isSampled: boolean;
}

export class JobLog {
  /** By run, not by id: a job whose lease was lost may run again here before its old self has ended. */
  readonly #running: Set<Job> = new Set();
  readonly #sampler: LogSampler | null;
  #taskWidth = 0;

  constructor(manager: TaskManager, { onlyTroubles, isSampled }: JobLogOptions) {
    this.#sampler = isSampled ? new LogSampler() : null;
    manager.on('started', ({ job }) => this.#running.add(job));
    manager.on('completed', ({ job, durationMs, isSkipped }) => {
      this.#running.delete(job);
      if (onlyTroubles) return;
      if (isSkipped) this.#line(endings.skipped, job, durationMs, () => 'skipped');
      else this.#line(endings.completed, job, durationMs);
    });
    manager.on('failed', ({ job, durationMs, error }) => {
      this.#running.delete(job);
      this.#line(endings.failed, job, durationMs, () => paint('red', errorText(error)));
    });
    manager.on('retrying', ({ job, durationMs, error, delayMs }) => {
      this.#running.delete(job);
      const note = (): string => `${errorText(error)}; again in ${shownDuration(delayMs)}`;
      this.#line(endings.retrying, job, durationMs, note);
    });
    manager.on('cancelled', ({ job, durationMs }) => {
      this.#running.delete(job);
      this.#line(endings.cancelled, job, durationMs, () => 'cancelled');
    });
    manager.on('returned', ({ job, durationMs, reason }) => {
      // What never ran here, a snooze, a wait for a constraint: a job's daily life, and no news.
      if (this.#running.delete(job) && reason === 'released')
        this.#line(endings.returned, job, durationMs, () => 'given back');
    });
    manager.on('lost', ({ job }) => {
      this.#running.delete(job);
      this.#line(endings.lost, job, null, () => paint('red', 'its lease is lost: what it did is not recorded'));
    });
  }

  /** How many jobs run here. */
  get running(): number {
    return this.#running.size;
  }

  /** The width of the column of names, so far. */
  get taskWidth(): number {
    return this.#taskWidth;
  }

  /** Prints what it has only counted so far. */
  flush(): void {
    this.#sampler?.flush();
  }

  #line(ending: Ending, job: Job, durationMs: number | null, note: () => string = () => ''): void {
    const each = (): void => this.#say(ending, job, [...facts(job, durationMs), note()]);
    if (this.#sampler === null) return each();
    const sum = (count: number): void => {
      const those = `and ${shownCount(count)} more ${ending.words}`;
      this.#say(ending, job, ending.hasReason ? [`${those}; the last one:`, note()] : [those]);
    };
    this.#sampler.offer(`${ending.words} ${job.task}`, each, sum);
  }

  #say({ style, mark }: Ending, job: Job, words: readonly string[]): void {
    const task = oneLine(job.task);
    this.#taskWidth = Math.min(32, Math.max(this.#taskWidth, textWidth(task)));
    say(`${paint(style, mark)} ${[padded(task, this.#taskWidth), ...words].filter((word) => word !== '').join('  ')}`);
  }
}

interface Ending {
  readonly style: Parameters<Paint>[0];
  readonly mark: string;
  /** For many at once. */
  readonly words: string;
  /** Each may have another, and the last one speaks for all. */
  readonly hasReason?: true;
}

const endings: Readonly<
  Record<'completed' | 'skipped' | 'failed' | 'retrying' | 'cancelled' | 'returned' | 'lost', Ending>
> = {
  completed: { style: 'green', mark: '✓', words: 'completed' },
  skipped: { style: 'dim', mark: '–', words: 'skipped' },
  failed: { style: 'red', mark: '✗', words: 'failed', hasReason: true },
  retrying: { style: 'yellow', mark: '↻', words: 'failed and will be tried again', hasReason: true },
  cancelled: { style: 'dim', mark: '–', words: 'cancelled' },
  returned: { style: 'yellow', mark: '↩', words: 'given back' },
  lost: { style: 'red', mark: '✗', words: 'lost' },
};

function facts(job: Job, durationMs: number | null): string[] {
  return [
    paint('dim', shortId(job.id)),
    durationMs === null ? '' : shownDuration(durationMs).padStart(6),
    job.attempt > 1 ? `attempt ${job.attempt}/${job.maxAttempts ?? '∞'}` : '',
  ];
}

/** What a job throws may carry anything, also what would take over a terminal. */
function errorText({ message, stack }: JobError): string {
  const line = oneLine(message.split('\n', 1)[0] as string);
  const place = frameOf(stack ?? '');
  return place === null ? line : `${line} (${oneLine(place)})`;
}
