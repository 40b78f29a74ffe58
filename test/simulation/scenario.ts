/** The worlds that the engine is proved in: each is decided by its seed. */

import { type AnyTask, NonRetryableError, SnoozeError, TaskConstraintGroup, task } from '../../src/index.js';
import { Chance } from '../../src/testing/simulation/chance.js';
import { type Faults, manyFaults, noFaults } from '../../src/testing/simulation/faults.js';
import { InvariantError } from '../../src/testing/simulation/invariant-error.js';
import { type Life, type Member, World } from '../../src/testing/simulation/simulation.js';

/** What a seed decides; a smaller one is tried where a seed fails. */
export interface Config {
  readonly seed: number;
  readonly faults: Faults;
  readonly processes: number;
  /** Jobs that each life of a process enqueues. */
  readonly jobs: number;
  readonly stormMs: number;
  readonly hasGroups: boolean;
  readonly hasSchedules: boolean;
  readonly hasControls: boolean;
  /** Bursts of jobs under a key with a rate that is less than they would take. */
  readonly hasBursts: boolean;
}

const LEASE_MS = 2_000;
/** A call that is never answered is given up after a minute; then it goes on. */
const HEAL_MS = 200_000;

export function configOf(seed: number): Config {
  const chance = new Chance(seed * 7_919 + 1);
  const faults = Object.fromEntries(
    Object.entries(manyFaults).map(([name, often]) => [name, chance.hits(0.6) ? often * (0.5 + chance.unit()) : 0]),
  ) as unknown as Faults;
  return {
    seed,
    faults: chance.hits(0.05)
      ? noFaults
      : { ...faults, rollback: chance.hits(0.1) ? 0.05 : 0, storeClockStep: chance.hits(0.2) ? 0.05 : 0 },
    processes: chance.int(1, 4),
    jobs: chance.int(2, 8),
    stormMs: chance.int(3_000, 20_000),
    hasGroups: chance.hits(0.6),
    hasSchedules: chance.hits(0.4),
    hasControls: chance.hits(0.5),
    hasBursts: chance.hits(0.3),
  };
}

/** @throws InvariantError */
export async function play(config: Config): Promise<World> {
  const book = new Book(config);
  const world: World = new World({
    seed: config.seed,
    faults: config.faults,
    leaseMs: LEASE_MS,
    stormMs: config.stormMs,
    healMs: HEAL_MS,
    lives: Array.from({ length: config.processes }, () => lifeOf(config, book)),
    manager: (chance) => ({ concurrency: chance.int(1, 5) }),
  });
  try {
    await world.run();
    book.checkRun(world);
  } catch (error) {
    throw Object.assign(error as Error, { world });
  }
  return world;
}

/** What the tasks saw, over all processes. */
class Book {
  readonly #config: Config;
  /** Starts by job and generation. */
  readonly #starts: Map<string, number> = new Map();
  readonly #wasStarted: Set<string> = new Set();
  readonly #byKey: Map<string, { readonly id: string; readonly task: string }> = new Map();

  constructor(config: Config) {
    this.#config = config;
  }

  started(member: Member, id: string, maxAttempts: number): void {
    // What a store has lost may run again: it is another history.
    if (this.#config.faults.rollback > 0) return;
    const of = lifeOfJob(member, id);
    this.#wasStarted.add(of);
    member.world.starts(member, id);
    const starts = (this.#starts.get(of) ?? 0) + 1;
    member.world.timeline.note(member.name, `starts job ${id}`);
    this.#starts.set(of, starts);
    if (starts > maxAttempts + 1)
      member.world.fail(
        new InvariantError(7, `job ${id} was started ${starts} times; it has ${maxAttempts} attempts.`),
      );
  }

  /** It is called again, at no attempt. */
  snoozed(member: Member, id: string): void {
    const of = lifeOfJob(member, id);
    this.#starts.set(of, (this.#starts.get(of) ?? 1) - 1);
  }

  /** The same idempotency key is the same job, as long as it is there; of another task it is refused. */
  keyed(member: Member, { queue, name }: AnyTask, key: string, id: string): void {
    const earlier = this.#byKey.get(`${queue}/${key}`);
    const isDeleted = earlier !== undefined && !member.world.oracle.records.has(earlier.id);
    if (earlier !== undefined && earlier.id !== id && !isDeleted)
      member.world.fail(new InvariantError(10, `key ${key} is job ${earlier.id} and job ${id}.`));
    const task = member.world.oracle.records.get(id)?.task ?? name;
    if (task !== name)
      member.world.fail(new InvariantError(10, `key ${key} of ${name} is answered with a job of ${task}.`));
    this.#byKey.set(`${queue}/${key}`, { id, task: name });
  }

  /** It was asked to wait, and nobody has touched it yet. */
  delayed(member: Member, id: string, delayMs: number): void {
    const record = member.world.oracle.records.get(id);
    if (record === undefined || record.rev > 1 || record.dueAt >= record.createdAt + delayMs) return;
    member.world.fail(
      new InvariantError(5, `job ${id} is due ${record.dueAt - record.createdAt} ms after it was made.`),
    );
  }

  /** What completed was run. */
  checkRun({ oracle }: World): void {
    if (this.#config.faults.rollback > 0) return;
    for (const { id, createdAt, generation, reason } of oracle.records.values()) {
      if (reason === 'completed' && !this.#wasStarted.has(`${id}/${createdAt}/${generation}`))
        throw new InvariantError(1, `job ${id} completed, and its function was never called.`);
    }
  }
}

/** A job that was deleted may be made anew under its idempotency key, and so under its id. */
function lifeOfJob({ world }: Member, id: string): string {
  const { generation, createdAt } = world.oracle.records.get(id) ?? {};
  return `${id}/${createdAt}/${generation}`;
}

function lifeOf(config: Config, book: Book): Life {
  return async (member) => {
    const { manager, chance, world } = member;
    const tasks = tasksOf(member, book, config);
    // A rolling deploy: not everybody knows every task, until the storm is over.
    for (const each of tasks) if (world.isHealed || chance.hits(0.85)) manager.addTask(each);
    if (config.hasGroups) for (const group of groupsOf(chance)) manager.addConstraintGroup(group);
    if (config.hasBursts) manager.addConstraintGroup(burstGroup());
    void keepTrying(member, () => manager.start());
    void learnTheRest(member, tasks);
    if (world.isHealed) return;
    if (config.hasSchedules) void schedule(member, tasks);
    if (config.hasControls) void interfere(member);
    if (config.hasBursts) void burst(member, tasks.at(-1) as AnyTask);
    for (let i = 0; i < config.jobs; i++) {
      await member.sleep(chance.int(0, 1_500));
      await enqueue(member, chance.pick(tasks), book);
    }
  };
}

async function enqueue(member: Member, what: AnyTask, book: Book): Promise<void> {
  const { manager, chance, world } = member;
  if (world.isHealed) return;
  const key = chance.hits(0.2) ? `key-${chance.int(1, 3)}` : null;
  const input = key === null ? { n: chance.int(1, 1_000) } : { n: 0 };
  const options: { in?: number; unique?: object; idempotencyKey?: string; priority?: number } = {
    ...(key === null ? {} : { idempotencyKey: key }),
    ...(key === null && chance.hits(0.1)
      ? { unique: { key: 'u', onConflict: chance.pick(['keep', 'replace'] as const) } }
      : {}),
    ...(chance.hits(0.3) ? { in: chance.int(0, 3_000) } : {}),
    ...(chance.hits(0.3) ? { priority: chance.int(-1, 1) } : {}),
  };
  try {
    const job = await manager.enqueue(what as never, input as never, options as never);
    if (key !== null && config(member)) book.keyed(member, what, key, job.id);
    if (options.in !== undefined && options.unique === undefined && key === null)
      book.delayed(member, job.id, options.in);
    world.acknowledge(job.id);
  } catch {
    // Refused, or not known: it may be there all the same.
  }
}

function config({ world }: Member): boolean {
  return !world.hasLostWrites;
}

/** Sooner or later every process is up to date. */
async function learnTheRest({ manager, world, sleep }: Member, tasks: readonly AnyTask[]): Promise<void> {
  while (!world.isHealed) await sleep(1_000);
  for (const each of tasks) if (manager.getTaskByName(each.name) === undefined) manager.addTask(each);
  // A slow call that pauses a queue may still be on its way.
  await sleep(4 * LEASE_MS);
  for (const queue of ['default', 'other'])
    await keepTrying({ manager, world, sleep } as Member, () => manager.resumeQueue(queue));
}

async function keepTrying({ sleep }: Member, call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch {
      await sleep(500);
    }
  }
}

/** Rules that change, as deploys do it. */
async function schedule({ manager, chance, world, sleep }: Member, tasks: readonly AnyTask[]): Promise<void> {
  while (!world.isHealed) {
    const every = chance.pick([700, 1_000, 2_500]);
    const id = chance.pick(['s', 't']);
    try {
      if (chance.hits(0.2)) await manager.unschedule(id);
      else
        await manager.schedule(tasks[0] as never, { n: 1 } as never, {
          id,
          every,
          overlap: chance.pick(['skip', 'allow']),
        });
    } catch {
      // Not known whether it is so now.
    }
    await sleep(chance.int(500, 5_000));
  }
}

/** Many jobs at once, time and again: they wait in a line whose rate opens it for a few. */
async function burst({ manager, chance, world, sleep }: Member, what: AnyTask): Promise<void> {
  while (!world.isHealed) {
    await sleep(chance.int(800, 3_000));
    if (world.isHealed) return;
    const inputs = Array.from({ length: chance.int(2, 6) }, () => ({ n: chance.int(0, 1_000) }));
    try {
      for (const { id } of await manager.enqueueMany(what as never, inputs as never)) world.acknowledge(id);
    } catch {
      // Not known whether they are there.
    }
  }
}

function burstGroup(): TaskConstraintGroup {
  return new TaskConstraintGroup({
    name: 'bursts',
    rate: { limit: 4, perMs: 900 },
    constraintKeyForExecution: (one) => (one.name === 'burst' ? 'all' : null),
  });
}

/** People who cancel, retry, suspend and pause. */
async function interfere({ manager, chance, world, sleep }: Member): Promise<void> {
  while (!world.isHealed) {
    await sleep(chance.int(300, 3_000));
    const ids = [...world.acknowledged];
    if (ids.length === 0 || world.isHealed) continue;
    const id = chance.pick(ids);
    try {
      switch (chance.int(0, 7)) {
        case 0:
          await manager.cancel(id);
          break;
        case 1:
          await manager.retry(id);
          break;
        case 2:
          await manager.suspend(id);
          break;
        case 3:
          await manager.resume(id);
          break;
        case 4:
          await manager.promote(id);
          break;
        case 5:
          world.forget(id);
          await manager.delete(id);
          break;
        case 6:
          await manager.pause('other');
          break;
        default:
          await manager.resumeQueue('other');
      }
    } catch {
      // Its state doesn't allow it, or the store was not reached.
    }
  }
}

function groupsOf(chance: Chance): readonly TaskConstraintGroup[] {
  const version = chance.int(0, 1);
  const keyed = (name: string, limits: object): TaskConstraintGroup =>
    new TaskConstraintGroup({
      name,
      definitionVersion: version,
      constraintKeyForExecution: (one, input?: { n: number }) =>
        one.name === 'keyed' ? `k${(input?.n ?? 0) % 3}` : one.name === 'quick' && name === 'cool' ? 'all' : null,
      ...limits,
    });
  return [
    keyed('mutex', { maxConcurrent: 1 + version }),
    keyed('cool', { cooldownMs: 200 }),
    keyed('rate', { rate: { limit: 3, perMs: 1_000 } }),
  ];
}

function tasksOf(member: Member, book: Book, { hasBursts }: Config): readonly AnyTask[] {
  const { sleep, chance, world } = member;
  const seen = (run: (ctx: Ctx) => Promise<unknown>) => (_input: unknown, ctx: Ctx) => {
    const { job } = ctx;
    if (job !== undefined && !world.isDead(member)) book.started(member, job.id, job.maxAttempts);
    return run(ctx);
  };
  const retry = { attempts: 3, backoff: 300 };
  return [
    task(
      'quick',
      seen(async () => chance.int(0, 9)),
      { retry },
    ),
    task(
      'keyed',
      seen(() => sleep(chance.int(0, 300))),
      { retry },
    ),
    task(
      'flaky',
      seen(async () => {
        await sleep(chance.int(0, 100));
        if (chance.hits(0.5)) throw chance.hits(0.2) ? new NonRetryableError('never') : new Error('this time');
      }),
      { retry, queue: 'other' },
    ),
    task(
      'slow',
      seen(({ signal }) => sleepUntil(member, chance.int(500, 2 * LEASE_MS), signal)),
      { retry },
    ),
    task(
      'stuck',
      seen(() => (chance.hits(0.3) ? new Promise(() => {}) : sleep(50))),
      { retry, timeout: 1_500, grace: 300 },
    ),
    task(
      'snoozes',
      seen(async ({ job }) => {
        if (!chance.hits(0.5)) return;
        if (job !== undefined) book.snoozed(member, job.id);
        throw new SnoozeError(chance.int(0, 500));
      }),
      { retry },
    ),
    task(
      'deadly',
      seen(async () => {
        if (!world.isHealed && chance.hits(0.3)) world.kill(member);
        if (!world.isHealed && chance.hits(0.2)) world.block(member, chance.int(1, 3 * LEASE_MS));
        await sleep(10);
      }),
      { retry },
    ),
    task(
      'parent',
      seen(async () => sleep(20)),
      { retry, queue: 'other' },
    ),
    ...(hasBursts
      ? [
          task(
            'burst',
            seen(() => sleep(chance.int(0, 30))),
            { retry },
          ),
        ]
      : []),
  ];
}

interface Ctx {
  readonly job: { readonly id: string; readonly maxAttempts: number } | undefined;
  readonly signal: AbortSignal;
}

async function sleepUntil(member: Member, ms: number, signal: AbortSignal): Promise<void> {
  await Promise.race([
    member.sleep(ms),
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);
}
