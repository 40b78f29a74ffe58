/** A run that no job is behind: here, now, once. */

import { TimeoutError } from '../core/errors.js';
import { longTimer } from '../core/host.js';
import type { Logger } from '../core/logger.js';
import type { ContextEnqueue, JobInfo } from './context.js';
import { Run, type RunEnd, type RunOwner, type RunPlan } from './run.js';

export class TriggeredRun extends Run {
  /** Null once it has been told. */
  #end: RunEnd | null;
  /** What aborts it besides: its manager closes, the store takes its permit away. */
  readonly #around: readonly AbortSignal[];
  /** Made when first asked for: most functions never look. */
  #controller: AbortController | null = null;
  #onAbort: (() => void) | null = null;
  /** Why it was asked to stop. */
  #stopped: TimeoutError | null = null;
  #cancelTimer: (() => void) | null = null;

  constructor(owner: RunOwner, parent: Run | null, end: RunEnd, around: readonly AbortSignal[]) {
    super(owner, parent);
    this.#end = end;
    this.#around = around;
  }

  override start(input: unknown): void {
    const { timeoutMs } = this.owner.plan;
    if (timeoutMs !== null) {
      this.#cancelTimer = longTimer(this.owner.home.host, timeoutMs, () => this.#timeOut(timeoutMs));
    }
    super.start(input);
  }

  get signal(): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#stopped !== null) controller.abort(this.#stopped);
    const onAbort = (): void => {
      const by = this.#signalsAround().find(({ aborted }) => aborted);
      if (by !== undefined) controller.abort(by.reason);
    };
    onAbort();
    // Some of them live as long as the manager: what listens to them goes with the run, which AbortSignal.any doesn't.
    if (this.#end !== null && !controller.signal.aborted) {
      this.#onAbort = onAbort;
      for (const signal of this.#signalsAround()) signal.addEventListener('abort', onAbort);
    }
    return controller.signal;
  }

  get attempt(): number {
    return this.parent?.attempt ?? 1;
  }

  get job(): JobInfo | undefined {
    return this.parent?.job;
  }

  get log(): Logger {
    return this.parent?.log ?? this.owner.home.logger;
  }

  get enqueue(): ContextEnqueue {
    return this.parent?.enqueue ?? this.owner.home.enqueue;
  }

  protected get parse(): RunPlan['parse'] {
    return this.owner.plan.parse;
  }

  protected reportProgress(): void {
    // Nothing is stored of a run without a job.
  }

  protected returned(value: unknown): void {
    if (this.#stopped !== null) return this.threw(this.#stopped);
    const end = this.#finish();
    if (end === null) return;
    this.noteReturn();
    end.returned(value);
  }

  protected threw(error: unknown): void {
    const end = this.#finish();
    if (end === null) return;
    const verdict = this.#stopped ?? error;
    this.noteThrow(verdict);
    if (this.owner.plan.catchErrors) end.returned(undefined);
    else end.threw(verdict);
  }

  /** It is asked to stop; after its grace it is given up, whatever it still does. */
  #timeOut(timeoutMs: number): void {
    const { plan, home } = this.owner;
    const verdict = new TimeoutError(`A run of task '${plan.name}' took longer than its time-out of ${timeoutMs} ms.`);
    this.#stopped = verdict;
    this.#controller?.abort(verdict);
    this.#cancelTimer = longTimer(home.host, plan.graceMs, () => this.threw(verdict));
  }

  #signalsAround(): readonly AbortSignal[] {
    return this.parent === null ? this.#around : [...this.#around, this.parent.signal];
  }

  #finish(): RunEnd | null {
    const end = this.#end;
    this.#end = null;
    if (this.#onAbort !== null) {
      for (const signal of this.#signalsAround()) signal.removeEventListener('abort', this.#onAbort);
      this.#onAbort = null;
    }
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    return end;
  }
}
