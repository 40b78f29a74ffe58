/** One run of a simulated world: processes over one store, faults, then healing, then nothing may be left undone. */

import { isTerminal, type JobRecord } from '../../core/job.js';
import { TaskManager, type TaskManagerOptions } from '../../manager/index.js';
import { Chance } from './chance.js';
import { type Faults, noFaults } from './faults.js';
import { InvariantError } from './invariant-error.js';
import { Oracle } from './oracle.js';
import { SimProcess } from './sim-process.js';
import { SimStore } from './sim-store.js';
import { Timeline } from './timeline.js';

const START_AT = Date.UTC(2030, 0, 1);
/** No world that comes to rest takes so many. */
const MANY_STEPS = 300_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What a process of the world does once its manager is there; what it throws is its own trouble, as in production. */
export type Life = (member: Member) => Promise<void>;

/** A process, as the code that runs in it sees it. */
export interface Member {
  readonly name: string;
  readonly manager: TaskManager;
  readonly world: World;
  /** Of this process alone. */
  readonly chance: Chance;
  /** Its wall clock. */
  now(): number;
  /** Simulated time; never resolves in a process that has died. */
  sleep(ms: number): Promise<void>;
}

export interface WorldOptions {
  readonly seed: number;
  readonly faults: Faults;
  /** The lives of the processes that there are from the beginning. One that dies is born again, a little later. */
  readonly lives: readonly Life[];
  /** The life of a process that nothing happens to; the world goes on until it has returned, and fails with it. */
  readonly producer?: Life | undefined;
  readonly manager?: ((chance: Chance) => Omit<TaskManagerOptions, 'store' | 'host'>) | undefined;
  readonly leaseMs: number;
  /** How long things go wrong, simulated ms. */
  readonly stormMs: number;
  /** How long after that everything must have ended, simulated ms. */
  readonly healMs: number;
}

export class World {
  readonly timeline: Timeline = new Timeline(START_AT);
  readonly chance: Chance;
  readonly store: SimStore;
  readonly oracle: Oracle;
  /** Enqueued, and so told: by id. */
  readonly acknowledged: Set<string> = new Set();
  readonly #forgotten: Set<string> = new Set();
  readonly #options: WorldOptions;
  readonly #processes: SimProcess[] = [];
  /** Faults have ended: nobody makes new work. */
  isHealed = false;
  #isProducing = false;
  #faults: Faults;
  #failure: unknown = null;
  #births = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#faults = options.faults;
    this.chance = new Chance(options.seed);
    this.store = new SimStore({
      timeline: this.timeline,
      chance: this.chance.fork(),
      faults: () => this.#faults,
      leaseMs: options.leaseMs,
      onCarried: (carried) => this.oracle.see(carried),
      onError: (error) => this.fail(error),
    });
    this.oracle = new Oracle(() => this.store.inner);
  }

  /** The store has lost writes, which it may: what was told before doesn't bind it. */
  hasLostWrites = false;

  acknowledge(id: string): void {
    // The answer may come after the job was deleted, or lost with the store's newest writes.
    const isLost = this.hasLostWrites && !this.oracle.records.has(id);
    if (!this.#forgotten.has(id) && !isLost) this.acknowledged.add(id);
  }

  /** Somebody deletes it, so it need not be there. */
  forget(id: string): void {
    this.#forgotten.add(id);
    this.acknowledged.delete(id);
  }

  isDead(member: Member): boolean {
    return this.#processOf(member)?.isDead ?? true;
  }

  kill(member: Member, why = 'by a task'): void {
    this.#processOf(member)?.kill(why);
  }

  /** What goes wrong with it just now. */
  faultsOf(member: Member): Faults {
    return this.#processOf(member)?.isSpared === true ? noFaults : this.#faults;
  }

  /** Its event loop stands still. */
  block(member: Member, ms: number): void {
    this.#processOf(member)?.pause(ms);
  }

  #processOf({ name }: Member): SimProcess | undefined {
    return this.#processes.find((process) => process.name === name);
  }

  /** It calls the function of a job. */
  starts({ name }: Member, jobId: string): void {
    try {
      this.oracle.starts(name, jobId, this.timeline.now);
    } catch (error) {
      this.fail(error);
    }
  }

  /** What went wrong is kept; the run ends with it. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** @throws what was found wrong first: InvariantError, or what a life reported */
  async run(): Promise<void> {
    const { lives, producer, stormMs, healMs } = this.#options;
    if (producer !== undefined) this.#bear(producer, true);
    for (const life of lives) this.#bear(life);
    this.#planFaults();
    await this.#until(START_AT + stormMs);
    await this.#heal();
    const deadline = this.timeline.now + healMs;
    // Looks now and then, so that a world which is done need not go on.
    while (this.timeline.now < deadline && (this.#isProducing || this.#unfinished() !== null)) {
      const next = Math.min(deadline, this.timeline.now + 1_000);
      await this.#until(next);
      this.timeline.now = Math.max(this.timeline.now, next);
    }
    await this.oracle.audit();
    this.#throwFailure();
    this.#checkAllEnded();
  }

  #bear(life: Life, isSpared = false): void {
    if (!isSpared) this.#births += 1;
    const name = isSpared ? 'producer' : `p${this.#births}`;
    const process = new SimProcess(name, this.timeline, this.chance, isSpared ? 0 : this.#skew(), isSpared);
    this.#processes.push(process);
    const { manager: options, leaseMs } = this.#options;
    const chance = this.chance.fork();
    const manager = new TaskManager({
      leaseMs,
      logger: silent,
      ...options?.(chance),
      store: this.store.seenBy(process),
      host: process.host,
    });
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => process.host.timer(ms, resolve));
    const living = life({ name: process.name, manager, world: this, chance, now: process.host.now, sleep });
    if (isSpared) return this.#produce(living);
    void living.catch(() => {});
    this.#watchDeath(process, life);
  }

  #produce(living: Promise<void>): void {
    this.#isProducing = true;
    const done = (): void => {
      this.#isProducing = false;
    };
    void living.then(done, (error: unknown) => this.fail(error));
  }

  /** Whoever dies is replaced. */
  #watchDeath(process: SimProcess, life: Life): void {
    this.timeline.plan(this.chance.int(50, 3_000), null, `looks after ${process.name}`, () => {
      if (process.isDead) this.#bear(life);
      else this.#watchDeath(process, life);
    });
  }

  #skew(): number {
    return this.#faults.clockJump > 0 ? this.chance.int(-600_000, 600_000) : 0;
  }

  /** Once a simulated second, for each process and for the store. */
  #planFaults(): void {
    this.timeline.plan(1_000, null, 'fate', () => {
      const { chance } = this;
      const faults = this.#faults;
      if (faults === noFaults) return;
      for (const process of this.#processes.filter(({ isDead, isSpared }) => !isDead && !isSpared)) {
        if (chance.hits(faults.death)) process.kill('by fate');
        else if (chance.hits(faults.pause)) process.pause(chance.int(1, 4 * this.#options.leaseMs));
        else if (chance.hits(faults.partition)) process.cutOff(chance.int(1, 4 * this.#options.leaseMs));
        else if (chance.hits(faults.clockJump)) process.jump(chance.int(-3_600_000, 3_600_000));
      }
      if (chance.hits(faults.storeClockStep)) this.store.stepClock(chance.int(-5_000, 5_000));
      if (chance.hits(faults.rollback)) void this.#rollBack(chance.int(1, 20));
      this.#planFaults();
    });
  }

  async #rollBack(writes: number): Promise<void> {
    this.hasLostWrites = true;
    await this.store.rollBack(writes);
    await this.oracle.rolledBack();
    for (const id of this.acknowledged) if (!this.oracle.records.has(id)) this.acknowledged.delete(id);
  }

  async #heal(): Promise<void> {
    this.isHealed = true;
    this.#faults = noFaults;
    for (const process of this.#processes) {
      process.pausedUntil = 0;
      process.cutOffUntil = 0;
    }
    this.timeline.tell('world', 'heals');
    // What is made from now on would never let it come to rest.
    for (const { id } of await this.store.inner.listSchedules({}, 1_000)) await this.store.inner.removeSchedule(id);
    await this.oracle.rolledBack();
  }

  async #until(end: number): Promise<void> {
    while (await this.timeline.step(end)) {
      this.#throwFailure();
      if (this.timeline.steps > MANY_STEPS)
        throw new InvariantError(5, `the world is still busy after ${MANY_STEPS} steps: it turns in circles.`);
      if (this.timeline.steps % 100 === 0) await this.oracle.audit();
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Neither ended nor set aside. */
  #unfinished(): JobRecord | null {
    for (const record of this.oracle.records.values()) {
      if (!isTerminal(record.state) && record.state !== 'suspended') return record;
    }
    return null;
  }

  /** What was acknowledged is there, or was deleted; and nothing is left. */
  #checkAllEnded(): void {
    if (this.#isProducing) throw new InvariantError(5, 'the producer has not returned after healing.');
    const left = this.#unfinished();
    if (left !== null) {
      const { id, task, state, reason, attempt, parkedOn } = left;
      const where = parkedOn === null ? '' : `, parked on ${parkedOn}`;
      throw new InvariantError(
        5,
        `job ${id} of ${task} is still ${state} (${reason}, attempt ${attempt}${where}) after healing.`,
      );
    }
    for (const id of this.acknowledged) {
      if (!this.oracle.records.has(id)) throw new InvariantError(1, `job ${id} was acknowledged, and is not there.`);
    }
  }
}
