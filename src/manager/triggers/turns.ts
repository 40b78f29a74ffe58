/** A trigger, or a job, on its way through the constraint groups of this process. */

import { NOWHERE } from '../../core/heap.js';
import type { Leave } from '../../engine/index.js';
import type { AnyTask, RunEnd } from '../../task/index.js';
import type { Gate } from '../constraints/gate.js';
import type { KeyLine, Turn } from '../constraints/key-line.js';

/** What turns need of the manager's triggers. */
export interface TurnHost {
  readonly gate: Gate;
  /** Whether any group has a `shouldExecute`. */
  readonly mustCheck: boolean;
  /** Asks every group. */
  mayExecute(task: AnyTask, input: unknown): boolean | Promise<boolean>;
  /** Aborted when the manager closes. */
  readonly closing: AbortSignal;
  now(): number;
  entered(turn: TriggerTurn): void;
  left(turn: TriggerTurn): void;
}

/** The store lets a trigger run, until it is given back. */
export interface Permit {
  /** Aborted if the store takes it away: its lease is lost, or somebody cancelled it. */
  readonly signal: AbortSignal;
  /** False: nothing ran under it, so that no cooldown starts. */
  giveBack(hasRun: boolean): void;
}

abstract class KeyedTurn implements Turn {
  heapAt: number = NOWHERE;
  seq = 0;
  isHolding = false;
  parent: Turn | null = null;
  lines: readonly KeyLine[];
  protected readonly host: TurnHost;
  protected readonly task: AnyTask;
  protected readonly input: unknown;
  protected since: number = 0;

  constructor(host: TurnHost, task: AnyTask, input: unknown, lines: readonly KeyLine[]) {
    this.host = host;
    this.task = task;
    this.input = input;
    this.lines = lines;
  }

  get taskName(): string {
    return this.task.name;
  }

  /** Its keys are held; `shouldExecute` is asked before it runs. */
  enter(): void {
    this.since = this.host.now();
    if (this.host.mustCheck) void this.#check();
    else this.go();
  }

  abstract describe(): string;
  abstract refuse(error: unknown): void;
  protected abstract go(): void;
  protected abstract skip(): void;

  async #check(): Promise<void> {
    let isWanted: boolean;
    try {
      isWanted = await this.host.mayExecute(this.task, this.input);
    } catch (error) {
      this.host.gate.leave(this, false);
      return this.refuse(error);
    }
    if (isWanted) return this.go();
    this.host.gate.leave(this, false);
    this.skip();
  }
}

export class TriggerTurn extends KeyedTurn implements RunEnd {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  /** Under cluster-scope groups. */
  #permit: Permit | null = null;
  #hasStarted = false;
  #hasEnded = false;

  constructor(
    host: TurnHost,
    task: AnyTask,
    input: unknown,
    lines: readonly KeyLine[],
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(host, task, input, lines);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  describe(): string {
    return `a trigger of '${this.task.name}' since ${Math.round(this.host.now() - this.since)} ms`;
  }

  /** The store lets it in; now this process must. */
  granted(permit: Permit): void {
    this.#permit = permit;
    this.host.gate.ask(this);
  }

  override enter(): void {
    this.host.entered(this);
    super.enter();
  }

  refuse(error: unknown): void {
    if (this.#ends(this.#hasStarted)) this.#reject(error);
  }

  returned(value: unknown): void {
    if (this.#ends(true)) this.#resolve(value);
  }

  threw(error: unknown): void {
    if (this.#ends(true)) this.#reject(error);
  }

  protected go(): void {
    // It was given up while `shouldExecute` was asked.
    if (this.#hasEnded) return;
    this.#hasStarted = true;
    const { gate, closing } = this.host;
    const ending = this.#permit === null ? closing : AbortSignal.any([closing, this.#permit.signal]);
    gate.within(this, () => this.task.runs.triggerFor(this, this.input, ending));
  }

  protected skip(): void {
    if (this.#ends(false)) this.#resolve(undefined);
  }

  #ends(hasRun: boolean): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    // Who hears of the end finds the slot free.
    this.host.gate.leave(this, hasRun);
    this.#permit?.giveBack(hasRun);
    this.host.left(this);
    return true;
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
    lines: readonly KeyLine[],
    answer: (leave: Leave | null) => void,
    fail: (error: unknown) => void,
  ) {
    super(host, task, input, lines);
    this.#job = job;
    this.#answer = answer;
    this.#fail = fail;
  }

  describe(): string {
    return `job ${this.#job} of '${this.task.name}' since ${Math.round(this.host.now() - this.since)} ms`;
  }

  refuse(error: unknown): void {
    this.#fail(error);
  }

  run(call: () => void): void {
    this.host.gate.within(this, call);
  }

  end(hasRun: boolean): void {
    this.host.gate.leave(this, hasRun);
  }

  protected go(): void {
    this.#answer(this);
  }

  protected skip(): void {
    this.#answer(null);
  }
}
