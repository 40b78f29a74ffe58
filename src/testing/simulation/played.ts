/** One seed of a user's scenario, played in a world. */

import { decode } from '../../core/codec/index.js';
import { durationMs } from '../../core/duration.js';
import type { JobSnapshot } from '../../manager/index.js';
import { InlineManager } from '../inline-manager.js';
import { listOf, type Scenario, type ScenarioTasks, type Sim } from '../scenario.js';
import { shownValue } from '../shown.js';
import { VirtualTime } from '../virtual-time.js';
import type { Faults } from './faults.js';
import { type Member, World } from './simulation.js';

const LEASE_MS = 2_000;
/** Requests are rarer than calls to the store, and what goes wrong there is what a scenario is for. */
const REQUEST_FACTOR = 5;
const SLOWEST_MS = 40;
const START_AGAIN_MS = 500;

/** What a seed decides. */
export interface Config {
  readonly seed: number;
  readonly faults: Faults;
  readonly processes: number;
  readonly stormMs: number;
  readonly healMs: number;
}

/** How it went. */
export interface Played {
  readonly error: Error | null;
  readonly hash: number;
  readonly steps: number;
  readonly jobs: number;
  readonly runs: number;
  readonly deaths: number;
  readonly story: World['timeline']['story'];
}

export async function play<TWorld, TTasks extends ScenarioTasks>(
  scenario: Scenario<TWorld, TTasks>,
  config: Config,
): Promise<Played> {
  const outside = scenario.world?.() as TWorld;
  const names = new Names();
  let runs = 0;
  const onRun = (): void => {
    runs += 1;
  };
  const world: World = new World({
    ...config,
    leaseMs: LEASE_MS,
    lives: Array.from({ length: config.processes }, () => (member: Member) => {
      tell(member, names, onRun);
      populate(scenario, member, outside);
      return keepStarting(member);
    }),
    producer: async (member) => {
      const tasks = populate(scenario, member, outside);
      await scenario.start({ ...simOf(member, outside), manager: member.manager, tasks });
    },
  });
  let error: Error | null = null;
  try {
    await world.run();
    await check(scenario, world, outside);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  }
  const { hash, steps, story } = world.timeline;
  const deaths = story.filter(({ what }) => what.startsWith('dies')).length;
  return { error, hash, steps, story, runs, deaths, jobs: world.oracle.records.size };
}

/** Makes the tasks and groups of a process. */
function populate<TWorld, TTasks extends ScenarioTasks>(
  { tasks, groups }: Scenario<TWorld, TTasks>,
  member: Member,
  outside: TWorld,
): TTasks {
  const sim = simOf(member, outside);
  const made = tasks(sim);
  for (const task of listOf(made)) member.manager.addTask(task);
  for (const group of groups?.(sim) ?? []) member.manager.addConstraintGroup(group);
  return made;
}

async function keepStarting({ manager, sleep }: Member): Promise<void> {
  for (;;) {
    try {
      return await manager.start();
    } catch {
      await sleep(START_AGAIN_MS);
    }
  }
}

function simOf<TWorld>(member: Member, outside: TWorld): Sim<TWorld> {
  return {
    world: outside,
    process: member.name,
    now: () => member.now(),
    sleep: (duration) => member.sleep(durationMs(duration, 'sleep')),
    request: (what, call) => request(member, what, call),
    random: () => member.chance.unit(),
  };
}

async function request<T>(member: Member, what: string, call: () => T | Promise<T>): Promise<T> {
  const { world, chance, name } = member;
  const { timeline } = world;
  const faults = world.faultsOf(member);
  const hits = (often: number): boolean => chance.hits(REQUEST_FACTOR * often);
  if (hits(faults.deathBeforeCall)) {
    world.kill(member, `before ${what}`);
    return new Promise<never>(() => {});
  }
  if (hits(faults.lostCall)) {
    timeline.tell(name, `can't reach ${what}`);
    await member.sleep(chance.int(1, SLOWEST_MS));
    throw new Error(`${what}: the connection broke.`);
  }
  // It is on its way, whatever becomes of who sent it.
  const reply = await new Promise<{ readonly value: T } | { readonly thrown: unknown }>((resolve) => {
    timeline.plan(chance.int(1, SLOWEST_MS), null, `${what} of ${name}`, () => {
      timeline.tell(name, `does ${what}`);
      Promise.resolve()
        .then(call)
        .then(
          (value) => resolve({ value }),
          (thrown: unknown) => resolve({ thrown }),
        );
    });
  });
  if (hits(faults.deathAfterCall)) world.kill(member, `after ${what}, before its answer`);
  await member.sleep(chance.int(1, SLOWEST_MS));
  if (hits(faults.lostReply)) {
    timeline.tell(name, `hears no answer of ${what}`);
    throw new Error(`${what}: the connection broke.`);
  }
  if ('thrown' in reply) throw reply.thrown;
  return reply.value;
}

/** Tells the story of the jobs that run in the process. */
function tell({ manager, name, world }: Member, names: Names, onRun: () => void): void {
  const say = (what: string): void => world.timeline.tell(name, what);
  const of = (job: { readonly id: string; readonly task: string }): string => names.of(job);
  manager.on('started', ({ job }) => {
    onRun();
    const input = world.oracle.records.get(job.id)?.input ?? null;
    say(`starts ${of(job)} ${input === null ? '' : `${shownValue(decode(input))} `}(attempt ${job.attempt})`);
  });
  manager.on('completed', ({ job }) => say(`has completed ${of(job)}`));
  manager.on('failed', ({ job, error }) => say(`has failed ${of(job)}: ${error.message}`));
  manager.on('retrying', ({ job, error, delayMs }) => {
    say(`failed in ${of(job)}: ${error.message} Again in ${Math.round(delayMs)} ms`);
  });
  manager.on('cancelled', ({ job }) => say(`has cancelled ${of(job)}`));
  manager.on('returned', ({ job, reason }) => say(`gave ${of(job)} back (${reason})`));
  manager.on('lost', ({ job }) => say(`lost its lease on ${of(job)}: what it does there counts no more`));
}

/** @throws what the scenario's check throws */
async function check<TWorld, TTasks extends ScenarioTasks>(
  scenario: Scenario<TWorld, TTasks>,
  world: World,
  outside: TWorld,
): Promise<void> {
  if (scenario.check === undefined) return;
  const time = new VirtualTime({ startAt: world.timeline.now });
  const manager = new InlineManager({ store: world.store.inner, host: time.host, work: false });
  manager.onResultAsked = () => time.settle();
  const jobs: JobSnapshot[] = [];
  for await (const job of manager.list()) jobs.push(job);
  await scenario.check({ world: outside, manager, jobs: jobs.reverse() });
}

/** Short names of jobs, by the order in which they are met. */
class Names {
  readonly #names: Map<string, string> = new Map();
  readonly #counts: Map<string, number> = new Map();

  of({ id, task }: { readonly id: string; readonly task: string }): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const count = (this.#counts.get(task) ?? 0) + 1;
    this.#counts.set(task, count);
    this.#names.set(id, `${task}#${count}`);
    return `${task}#${count}`;
  }
}
