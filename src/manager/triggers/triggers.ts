/** Triggers through a manager: here and now, as its constraint groups allow. */

import { groupOfKey, valueOfKey } from '../../core/constraint.js';
import { ClosedError, ShuttingDownError } from '../../core/errors.js';
import { type Host, longTimer } from '../../core/host.js';
import type { Leave } from '../../engine/index.js';
import type { AnyTask } from '../../task/index.js';
import { Gate } from '../constraints/gate.js';
import type { TaskConstraintGroup } from '../constraints/group.js';
import type { KeyLine } from '../constraints/key-line.js';
import { JobTurn, TriggerTurn, type TurnHost } from './turns.js';

const noLines: readonly KeyLine[] = [];

export class Triggers implements TurnHost {
  readonly gate: Gate;
  readonly #host: Host;
  readonly #closing: AbortController = new AbortController();
  readonly #running: Set<TriggerTurn> = new Set();
  #groups: readonly TaskConstraintGroup[] = [];
  #asking: readonly TaskConstraintGroup[] = [];
  readonly #unwatch: Map<TaskConstraintGroup, () => void> = new Map();
  #isClosed = false;
  #idleWaiters: (() => void)[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.gate = new Gate(host);
  }

  get mustCheck(): boolean {
    return this.#asking.length > 0;
  }

  /** Whether a job must ask before it runs here. */
  get mustAsk(): boolean {
    return this.#groups.length > 0;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.gate.waitingCount === 0;
  }

  now(): number {
    return this.#host.monotonic();
  }

  add(group: TaskConstraintGroup): void {
    this.#setGroups([...this.#groups, group]);
    this.#unwatch.set(
      group,
      group.watch(this.gate, () => this.#host.monotonic()),
    );
  }

  remove(group: TaskConstraintGroup): void {
    this.#unwatch.get(group)?.();
    this.#unwatch.delete(group);
    this.#setGroups(this.#groups.filter((other) => other !== group));
    this.gate.drop(group.lines());
  }

  /** Rejects with what its run throws, with what a key function throws, ConstraintDeadlockError, ClosedError. */
  trigger(task: AnyTask, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new ClosedError('trigger a task');
      const lines = this.#linesOf(task, input);
      this.gate.ask(new TriggerTurn(this, task, input, lines, resolve, reject));
    });
  }

  /** Of a job that the store has let in: it waits for what runs here under its keys. Null if it is to be skipped. */
  leave(
    task: AnyTask,
    job: { readonly id: string; readonly keys: readonly string[] | null },
    input: unknown,
  ): Promise<Leave | null> {
    return new Promise((resolve, reject) => {
      const lines = this.#linesUnder(job.keys);
      this.gate.ask(new JobTurn(this, task, job.id, input, lines, resolve, reject));
    });
  }

  mayExecute(task: AnyTask, input: unknown): boolean | Promise<boolean> {
    return allAgree(this.#asking, task, input);
  }

  entered(turn: TriggerTurn): void {
    this.#running.add(turn);
  }

  left(turn: TriggerTurn): void {
    this.#running.delete(turn);
    if (this.#idleWaiters.length > 0 && this.isIdle) for (const tell of this.#idleWaiters.splice(0)) tell();
  }

  /** Resolves when nothing runs or waits. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** What waits is refused; what runs may end within `timeoutMs`, is then aborted, and after `graceMs` given up. */
  async close(timeoutMs: number, graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.gate.refuseAll(new ClosedError('run a task that was triggered'));
    if (await this.#isIdleWithin(timeoutMs)) return;
    const error = new ShuttingDownError(
      'The manager is closing and waits no longer for this run. It was triggered, so nothing will run it again.',
    );
    this.#closing.abort(error);
    if (await this.#isIdleWithin(graceMs)) return;
    for (const turn of [...this.#running]) turn.refuse(error);
  }

  /** The keys of this process that a trigger would need now. @throws what a key function throws */
  linesOf(task: AnyTask, input: unknown): readonly KeyLine[] {
    return this.#linesOf(task, input);
  }

  #linesOf(task: AnyTask, input: unknown): readonly KeyLine[] {
    if (this.#groups.length === 0) return noLines;
    let lines: KeyLine[] | null = null;
    for (const group of this.#groups) {
      const key = group.getConstraintKey(task, input);
      if (key === null) continue;
      lines ??= [];
      lines.push(group.line(key));
    }
    return lines ?? noLines;
  }

  #linesUnder(keys: readonly string[] | null): readonly KeyLine[] {
    if (keys === null) return noLines;
    const lines: KeyLine[] = [];
    for (const stored of keys) {
      const name = groupOfKey(stored);
      const group = this.#groups.find((other) => other.name === name);
      if (group !== undefined) lines.push(group.line(valueOfKey(stored)));
    }
    return lines;
  }

  #setGroups(groups: readonly TaskConstraintGroup[]): void {
    this.#groups = groups;
    this.#asking = groups.filter((group) => group.hasShouldExecute);
  }

  #isIdleWithin(ms: number): Promise<boolean> {
    if (this.isIdle) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = longTimer(this.#host, ms, () => resolve(false));
      void this.whenIdle().then(() => {
        cancel();
        resolve(true);
      });
    });
  }
}

async function allAgree(groups: readonly TaskConstraintGroup[], task: AnyTask, input: unknown): Promise<boolean> {
  for (const group of groups) if (!(await group.checkShouldExecute(task, input))) return false;
  return true;
}
