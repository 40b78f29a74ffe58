/** Triggers through a manager: here and now, as its constraint groups allow. */

import { constraintKey, groupOfKey, valueOfKey } from '../../core/constraint.js';
import { ClosedError, ShuttingDownError } from '../../core/errors.js';
import { type Host, longTimer } from '../../core/host.js';
import type { Leave } from '../../engine/index.js';
import type { AnyTask } from '../../task/index.js';
import { ago } from '../cause.js';
import { Gate } from '../constraints/gate.js';
import type { TaskConstraintGroup } from '../constraints/group.js';
import { type KeySlots, WAITING } from '../constraints/key-slots.js';
import type { Permits } from './permits.js';
import { JobTurn, type KeyedTurn, PermittedTurn, TriggerTurn, type TurnHost } from './turns.js';

const noKeys: readonly KeySlots[] = [];

export class Triggers implements TurnHost {
  readonly gate: Gate;
  readonly #host: Host;
  readonly #makePermits: () => Permits;
  /** Made when first needed. */
  #permits: Permits | null = null;
  readonly #closing: AbortController = new AbortController();
  readonly closing: readonly [AbortSignal] = [this.#closing.signal];
  /** What runs by leave of the gate. */
  readonly #running: Set<KeyedTurn> = new Set();
  /** How many of them are triggers. */
  #triggered = 0;
  /** Claimed jobs that wait to run here. */
  readonly #asking: Map<string, JobTurn> = new Map();
  #groups: readonly TaskConstraintGroup[] = [];
  #checking: readonly TaskConstraintGroup[] = [];
  readonly #unwatch: Map<TaskConstraintGroup, () => void> = new Map();
  #closed: Promise<void> | null = null;
  #idleWaiters: (() => void)[] = [];

  constructor(host: Host, makePermits: () => Permits) {
    this.#host = host;
    this.#makePermits = makePermits;
    this.gate = new Gate(host);
  }

  get mustCheck(): boolean {
    return this.#checking.length > 0;
  }

  /** Whether a job must ask before it runs here. */
  get mustAsk(): boolean {
    return this.#groups.length > 0;
  }

  get isIdle(): boolean {
    return this.#triggered === 0 && this.gate.waitingCount === 0 && (this.#permits?.waitingCount ?? 0) === 0;
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
    this.gate.reroute(new Map([...group.allSlots()].map((slots) => [slots, null])));
  }

  /** Rejects with what its run throws, with what a key function throws, ConstraintDeadlockError, ClosedError. */
  trigger(task: AnyTask, input: unknown): Promise<unknown> {
    try {
      if (this.#closed !== null) throw new ClosedError('trigger a task');
      const keys = this.keysOf(task, input);
      if (keys.some((slots) => slots.isShared)) return this.#askStore(task, input, keys);
      const turn = new TriggerTurn(this, task, input, keys);
      this.gate.prepare(turn);
      if (this.gate.enters(turn)) return turn.start();
      const { context } = this.#host;
      return turn.wait(context !== undefined && !context.isEmpty());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The permits in the store that triggers of the task wait for. */
  permitsFor(task: AnyTask): readonly string[] {
    return this.#permits?.waitingFor(task.name) ?? [];
  }

  /**
   * Of a job that the store has let in: it waits for what runs here under its keys. Null if it is to be skipped.
   *
   * @param signal nobody waits any more; made for those that wait
   */
  async leave(
    task: AnyTask,
    job: { readonly id: string; readonly keys: readonly string[] | null },
    input: unknown,
    signal: () => AbortSignal,
  ): Promise<Leave | null> {
    let forget = (): void => {};
    try {
      return await new Promise((resolve, reject) => {
        const turn = new JobTurn(this, task, job.id, input, this.#keysUnder(job.keys), resolve, reject);
        this.gate.prepareApart(turn);
        if (this.gate.enters(turn)) return turn.enter();
        const withdraw = (): void => {
          if (turn.since === WAITING) turn.refuse();
        };
        const stopped = signal();
        stopped.addEventListener('abort', withdraw);
        this.#asking.set(job.id, turn);
        forget = () => {
          this.#asking.delete(job.id);
          stopped.removeEventListener('abort', withdraw);
        };
      });
    } finally {
      forget();
    }
  }

  /** The keys of a claimed job that waits here until this process lets it run; empty if it doesn't. */
  keysOfWaitingJob(id: string): readonly KeySlots[] {
    return this.#asking.get(id)?.keys ?? noKeys;
  }

  mayExecute(task: AnyTask, input: unknown): Promise<boolean> {
    return allAgree(this.#checking, task, input);
  }

  entered(turn: KeyedTurn): void {
    this.#running.add(turn);
    if (turn instanceof TriggerTurn) this.#triggered += 1;
  }

  left(turn: KeyedTurn): void {
    if (this.#running.delete(turn) && turn instanceof TriggerTurn) this.#triggered -= 1;
    if (this.#idleWaiters.length > 0 && this.isIdle) for (const tell of this.#idleWaiters.splice(0)) tell();
  }

  /** Who holds the key here, and since when, for people. */
  holders(slots: KeySlots): string[] {
    const now = this.#host.monotonic();
    return [...this.#running]
      .filter((turn) => turn.keys.includes(slots))
      .map((turn) => `${turn.describe()} for ${ago(now - turn.since)}`);
  }

  /** Resolves when nothing runs or waits. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** What waits is refused; what runs may end within `timeoutMs`, is then aborted, and after `graceMs` given up. Once. */
  close(timeoutMs: number, graceMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs, graceMs);
    return this.#closed;
  }

  /** The keys that a trigger would need now. @throws what a key function throws */
  keysOf(task: AnyTask, input: unknown): readonly KeySlots[] {
    if (this.#groups.length === 0) return noKeys;
    let keys = noKeys;
    for (const group of this.#groups) {
      const key = group.getConstraintKey(task, input);
      if (key === null) continue;
      const slots = group.slots(key);
      keys = keys === noKeys ? slots.alone : [...keys, slots];
    }
    return keys;
  }

  async #close(timeoutMs: number, graceMs: number): Promise<void> {
    const refusal = new ClosedError('run a task that was triggered');
    this.gate.close(refusal);
    this.#permits?.refuseAll(refusal);
    if (!(await this.#isIdleWithin(timeoutMs))) {
      const error = new ShuttingDownError(
        'The manager is closing and waits no longer for this run. It was triggered, so nothing will run it again.',
      );
      this.#closing.abort(error);
      if (!(await this.#isIdleWithin(graceMs)))
        for (const turn of [...this.#running]) if (turn instanceof TriggerTurn) turn.refuse(error);
    }
    await this.#permits?.close(graceMs);
  }

  #askStore(task: AnyTask, input: unknown, keys: readonly KeySlots[]): Promise<unknown> {
    const turn = new PermittedTurn(this, task, input, keys);
    this.gate.prepare(turn);
    const stored = keys.filter((slots) => slots.isShared).map(({ group, key }) => constraintKey(group, key));
    this.#permits ??= this.#makePermits();
    const outcome = turn.wait(true);
    void this.#permits.ask(turn, stored, task.priority);
    return outcome;
  }

  #keysUnder(stored: readonly string[] | null): readonly KeySlots[] {
    if (stored === null) return noKeys;
    const keys: KeySlots[] = [];
    for (const key of stored) {
      const name = groupOfKey(key);
      const group = this.#groups.find((other) => other.name === name);
      if (group !== undefined) keys.push(group.slots(valueOfKey(key)));
    }
    return keys;
  }

  #setGroups(groups: readonly TaskConstraintGroup[]): void {
    this.#groups = groups;
    this.#checking = groups.filter((group) => group.hasShouldExecute);
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
