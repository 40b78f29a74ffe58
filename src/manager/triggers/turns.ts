/** A trigger, or a job, on its way through the constraint groups of this process. */

import { ClosedError, ShuttingDownError } from '../../core/errors.js';
import { NOWHERE } from '../../core/heap.js';
import type { Leave } from '../../engine/index.js';
import type { AnyTask, RunEnd } from '../../task/index.js';
import type { Gate } from '../constraints/gate.js';
import { type KeySlots, type Turn, WAITING, type WaitingLine } from '../constraints/key-slots.js';

/** What turns need of the manager's triggers. */
export interface TurnHost {
  readonly gate: Gate;
  /** Whether any group has a `shouldExecute`. */
  readonly mustCheck: boolean;
  /** Asks every group. */
  mayExecute(task: AnyTask, input: unknown): Promise<boolean>;
  /** Aborted when the manager closes. */
  readonly closing: readonly [AbortSignal];
  entered(turn: KeyedTurn): void;
  left(turn: KeyedTurn): void;
}

/** The store lets a trigger run, until it is given back. */
export interface Permit {
  /** Aborted if the store takes it away: its lease is lost, or somebody cancelled it. */
  readonly signal: AbortSignal;
  /** False: nothing ran under it, so that no cooldown starts. */
  giveBack(hasRun: boolean): void;
}

/** A hundred thousand of them may wait: each has as few fields as it can, and no private methods, which take one. */
export abstract class KeyedTurn implements Turn {
  heapAt: number = NOWHERE;
  seq = 0;
  since: number = WAITING;
  line: WaitingLine | null = null;
  parent: Turn | null = null;
  keys: readonly KeySlots[];
  protected readonly host: TurnHost;
  protected readonly task: AnyTask;
  protected readonly input: unknown;

  constructor(host: TurnHost, task: AnyTask, input: unknown, keys: readonly KeySlots[]) {
    this.host = host;
    this.task = task;
    this.input = input;
    this.keys = keys;
  }

  get taskName(): string {
    return this.task.name;
  }

  get queue(): string {
    return this.task.queue;
  }

  abstract enter(): void;
  abstract refuse(error: unknown): void;
  /** For people. */
  abstract describe(): string;
  protected abstract go(): void;
  /** It won't run: nobody wants it to, or (with an error) that could not be found out. */
  protected abstract skip(failure?: { readonly error: unknown }): void;

  /** Its keys are held; `shouldExecute` is asked before it runs. */
  protected checkAndGo(): void {
    if (this.host.mustCheck) void this.check();
    else this.go();
  }

  private async check(): Promise<void> {
    let isWanted: boolean;
    try {
      isWanted = await this.host.mayExecute(this.task, this.input);
    } catch (error) {
      return this.skip({ error });
    }
    if (isWanted) this.go();
    else this.skip();
  }
}

/** The resolving function of the promise that was made last; a closure for each would be one more thing to keep. */
let captured: (value: unknown) => void;
const capture = (resolve: (value: unknown) => void): void => {
  captured = resolve;
};

/** Instead of a resolving function: it has ended. */
const ended = (): void => {};

const startWithin = (turn: unknown): Promise<unknown> => (turn as TriggerTurn).startWithin();
const call = (turn: TriggerTurn): void => turn.call();
const begin = (turn: TriggerTurn): void => turn.begin();

/**
 * A trigger. What `#resolve` is, tells how far it has come:
 *
 * ```
 *   start ─────────────────────────────► outcome ──► ended
 *   wait, without a context ───► outcome ── enter ──► (the same)
 *   wait, within a context ────► entering ── enter ──► null ── startWithin ──► outcome ──► ended
 * ```
 */
export class TriggerTurn extends KeyedTurn implements RunEnd {
  /** It also rejects: with a rejected promise. */
  #resolve: ((value: unknown) => void) | null = null;
  #isWithin = false;

  describe(): string {
    return `a trigger of '${this.task.name}'`;
  }

  /** The gate lets it in at once. */
  start(): Promise<unknown> {
    const outcome = new Promise(capture);
    this.#resolve = captured;
    this.host.entered(this);
    this.checkAndGo();
    return outcome;
  }

  /**
   * The gate will call `enter`.
   *
   * @param isWithin its caller may have an async context: then it starts as the continuation of a promise of its
   *   caller's, and so in that context; else in none, whoever freed its slot
   */
  wait(isWithin: boolean): Promise<unknown> {
    if (this.#resolve === ended) return Promise.reject(new ClosedError('trigger a task'));
    const promise = new Promise(capture);
    this.#resolve = captured;
    this.#isWithin = isWithin;
    return isWithin ? promise.then(startWithin) : promise;
  }

  enter(): void {
    this.host.entered(this);
    if (!this.#isWithin) return this.host.gate.fromNowhere(this, begin);
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.(this);
  }

  startWithin(): Promise<unknown> {
    // It was given up since.
    if (this.#resolve === ended) return Promise.reject(this.host.closing[0].reason ?? new ShuttingDownError());
    const outcome = new Promise(capture);
    this.#resolve = captured;
    this.checkAndGo();
    return outcome;
  }

  begin(): void {
    this.checkAndGo();
  }

  refuse(error: unknown): void {
    this.end(this.since >= 0, Promise.reject(error));
  }

  returned(value: unknown): void {
    this.end(true, value);
  }

  threw(error: unknown): void {
    this.end(true, Promise.reject(error));
  }

  call(): void {
    this.task.runs.triggerFor(this, this.input, this.ending);
  }

  /** What aborts its run. */
  protected get ending(): readonly AbortSignal[] {
    return this.host.closing;
  }

  protected go(): void {
    // It was given up while `shouldExecute` was asked.
    if (this.#resolve === ended) return;
    this.host.gate.within(this, call);
  }

  protected skip(failure?: { readonly error: unknown }): void {
    this.end(false, failure === undefined ? undefined : Promise.reject(failure.error));
  }

  /** It has let go of all it held. */
  protected left(_hasRun: boolean): void {}

  private end(hasRun: boolean, outcome: unknown): void {
    const resolve = this.#resolve;
    if (resolve !== ended) {
      this.#resolve = ended;
      // Who hears of the end finds the slot free.
      this.host.gate.leave(this, hasRun);
      this.host.left(this);
      this.left(hasRun);
      if (resolve !== null) return resolve(outcome);
    }
    // Nobody hears of it any more.
    if (outcome instanceof Promise) outcome.catch(() => {});
  }
}

/** A trigger under cluster-scope groups: the store lets it in first. */
export class PermittedTurn extends TriggerTurn {
  #permit: Permit | null = null;

  /** The store lets it in; now this process must. */
  granted(permit: Permit): void {
    this.#permit = permit;
    // Taken away while it waits here.
    permit.signal.addEventListener('abort', () => {
      if (this.since === WAITING) this.refuse(permit.signal.reason);
    });
    if (this.host.gate.enters(this)) this.enter();
  }

  protected override go(): void {
    const signal = this.#permit?.signal;
    if (signal?.aborted === true) this.skip({ error: signal.reason });
    else super.go();
  }

  protected override get ending(): readonly AbortSignal[] {
    return this.#permit === null ? super.ending : [...super.ending, this.#permit.signal];
  }

  protected override left(hasRun: boolean): void {
    this.#permit?.giveBack(hasRun);
  }
}

/** A job that the store has let in, and that shares the limits of this process with its triggers. */
export class JobTurn extends KeyedTurn implements Leave {
  readonly #job: string;
  readonly #answer: (leave: Leave | null) => void;
  readonly #fail: (error: unknown) => void;

  constructor(
    host: TurnHost,
    task: AnyTask,
    job: string,
    input: unknown,
    keys: readonly KeySlots[],
    answer: (leave: Leave | null) => void,
    fail: (error: unknown) => void,
  ) {
    super(host, task, input, keys);
    this.#job = job;
    this.#answer = answer;
    this.#fail = fail;
  }

  describe(): string {
    return `job ${this.#job} of '${this.task.name}'`;
  }

  enter(): void {
    this.host.entered(this);
    this.checkAndGo();
  }

  /** Nothing is wrong with the job: it is given back. */
  refuse(): void {
    this.skip({ error: new ShuttingDownError() });
  }

  run(run: () => void): void {
    this.host.gate.apart(this, run);
  }

  end(hasRun: boolean): void {
    this.host.gate.leave(this, hasRun);
    this.host.left(this);
  }

  protected go(): void {
    this.#answer(this);
  }

  protected skip(failure?: { readonly error: unknown }): void {
    this.end(false);
    if (failure === undefined) this.#answer(null);
    else this.#fail(failure.error);
  }
}
