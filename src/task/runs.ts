/** What the runs of a task have in common in this process: its status, and who hears of it. */

import { decidingError } from '../core/deciding.js';
import { SnoozeError } from '../core/errors.js';
import { reportListener } from '../core/logger.js';
import { textOfThrown } from '../core/thrown.js';
import { EventSubject } from './event-subject.js';
import { homeless, type TaskHome } from './home.js';
import type { ITaskEvent, ITaskMetadata, TTaskEventType } from './metadata.js';
import { RunProgress } from './progress.js';
import type { Run, RunEnd, RunOwner, RunPlan } from './run.js';
import { TriggeredRun } from './triggered-run.js';

/** Hears the events of many tasks. */
export interface EventHearer {
  /** Whether anybody listens: else no event is made. */
  readonly isHearing: boolean;
  hear(event: ITaskEvent): void;
}

/** Decides which triggers run, and when. */
export interface Coalescing {
  trigger(input: unknown, run: (input: unknown) => Promise<unknown>): Promise<unknown>;
}

/** What a snapshot says beside the status. */
export interface Described {
  readonly labels: Readonly<Record<string, string>>;
  readonly buffered: boolean;
  readonly bufferMax: number | undefined;
}

const nothing: readonly AbortSignal[] = [];

export class TaskRuns implements RunOwner {
  readonly plan: RunPlan;
  /** Null: each trigger is a run. */
  readonly coalescing: Coalescing | null;
  home: TaskHome = homeless;
  running = 0;
  runCount = 0;
  lastRunAt: number | null = null;
  lastError: Error | undefined = undefined;
  errorCount = 0;
  #lastMessage: string | undefined = undefined;
  readonly #described: Described;
  #subject: EventSubject<ITaskEvent> | null = null;
  /** Replaced, never changed. */
  #hearers: readonly EventHearer[] = [];
  /** The run that started last. */
  #latest: Run | null = null;
  #outcome: 'idle' | 'completed' | 'failed' = 'idle';

  constructor(plan: RunPlan, coalescing: Coalescing | null, described: Described) {
    this.plan = plan;
    this.coalescing = coalescing;
    this.#described = described;
  }

  get subject(): EventSubject<ITaskEvent> {
    this.#subject ??= new EventSubject((error) => this.#reportListener(error));
    return this.#subject;
  }

  get latest(): Run | null {
    return this.#latest;
  }

  /** Runs it, unless the task coalesces its triggers. Rejects with what the run throws. */
  trigger(input: unknown, parent: Run | null, around: readonly AbortSignal[] = nothing): Promise<unknown> {
    return this.coalescing === null
      ? this.#promise(input, parent, around)
      : this.coalescing.trigger(input, (own) => this.#promise(own, parent, around));
  }

  /**
   * The same for who would rather be told than promised.
   *
   * @param around what aborts the run besides its own time-out
   */
  triggerFor(end: RunEnd, input: unknown, around: readonly AbortSignal[]): void {
    if (this.coalescing === null) new TriggeredRun(this, null, end, around).start(input);
    else {
      this.trigger(input, null, around).then(
        (value) => end.returned(value),
        (error: unknown) => end.threw(error),
      );
    }
  }

  /** @returns ends it */
  forwardTo(hearer: EventHearer): () => void {
    this.#hearers = [...this.#hearers, hearer];
    return () => {
      this.#hearers = this.#hearers.filter((other) => other !== hearer);
    };
  }

  began(run: Run): void {
    this.running += 1;
    this.runCount += 1;
    this.lastRunAt = this.home.host.now();
    this.#latest = run;
    if (this.#isHeard()) this.#tell('started');
  }

  stepped(_run: Run, name: string): void {
    if (this.#isHeard()) this.#tell('step', { stepName: name });
  }

  completed(_run: Run): void {
    this.running -= 1;
    this.#outcome = 'completed';
    this.lastError = undefined;
    this.#lastMessage = undefined;
    if (this.#isHeard()) this.#tell('completed');
  }

  failed(_run: Run, thrown: unknown): void {
    this.running -= 1;
    // A job that asks to come again later has not failed.
    if (decidingError(thrown) instanceof SnoozeError) return;
    this.#outcome = 'failed';
    this.lastError = errorOf(thrown, this.plan.name);
    this.#lastMessage = textOfThrown(this.lastError);
    this.errorCount += 1;
    if (this.#isHeard()) this.#tell('failed', { error: this.#lastMessage });
  }

  /** What failed is forgotten; how often, is not. */
  clearError(): void {
    this.lastError = undefined;
    this.#lastMessage = undefined;
    if (this.#outcome === 'failed') this.#outcome = 'idle';
  }

  metadata(): ITaskMetadata {
    const { labels, buffered, bufferMax } = this.#described;
    const { name, steps } = this.plan;
    return {
      name,
      status: this.running > 0 ? 'running' : this.#outcome,
      steps: this.#latest?.steps() ?? new RunProgress(name, steps).steps(),
      currentStep: this.#latest?.step ?? undefined,
      currentProgress: this.#latest?.percent ?? 0,
      runCount: this.runCount,
      lastRun: this.lastRunAt === null ? undefined : new Date(this.lastRunAt),
      labels: { ...labels },
      lastError: this.#lastMessage,
      errorCount: this.errorCount,
      buffered,
      bufferMax,
    };
  }

  #promise(input: unknown, parent: Run | null, around: readonly AbortSignal[]): Promise<unknown> {
    // It waited in a buffer, or for silence, for longer than its manager lived.
    for (const signal of around) if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((returned, threw) => new TriggeredRun(this, parent, { returned, threw }, around).start(input));
  }

  #isHeard(): boolean {
    if (this.#subject?.observed === true) return true;
    for (const hearer of this.#hearers) if (hearer.isHearing) return true;
    return false;
  }

  #tell(type: TTaskEventType, extra?: { readonly stepName?: string; readonly error?: string }): void {
    const event: ITaskEvent = { type, task: this.metadata(), timestamp: this.home.host.now(), ...extra };
    try {
      this.#subject?.next(event);
      for (const hearer of this.#hearers) if (hearer.isHearing) hearer.hear(event);
    } catch (error) {
      // A subject that somebody unsubscribed throws; the run has nothing to do with it.
      this.#reportListener(error);
    }
  }

  #reportListener(error: unknown): void {
    const message = `taskspan: a listener of task '${this.plan.name}' threw: ${textOfThrown(error)}`;
    reportListener(this.home.logger, message, error);
  }
}

/** Whatever was thrown, there is an error to show. */
function errorOf(thrown: unknown, task: string): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(
    `Task '${task}' threw ${typeof thrown === 'string' ? JSON.stringify(thrown) : textOfThrown(thrown)}, which is no Error.`,
    { cause: thrown },
  );
}
