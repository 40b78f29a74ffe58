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

  override enter(): void {
    this.host.entered(this);
    super.enter();
  }

  refuse(error: unknown): void {
    if (this.#ends()) this.#reject(error);
  }

  returned(value: unknown): void {
    if (this.#ends()) this.#resolve(value);
  }

  threw(error: unknown): void {
    if (this.#ends()) this.#reject(error);
  }

  protected go(): void {
    const { gate, closing } = this.host;
    gate.within(this, () => this.task.runs.triggerFor(this, this.input, closing));
  }

  protected skip(): void {
    if (this.#ends()) this.#resolve(undefined);
  }

  #ends(): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    // Who hears of the end finds the slot free.
    this.host.gate.leave(this, true);
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
