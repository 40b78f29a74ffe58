/** A user's tasks in simulated worlds, one a seed, in which processes die and calls are lost. */

import { type Duration, durationMs } from '../core/duration.js';
import { OptionError } from '../core/errors.js';
import { checkOptions, wholeNumber } from '../core/options.js';
import type { Scenario, ScenarioTasks } from './scenario.js';
import { Chance } from './simulation/chance.js';
import { InvariantError } from './simulation/invariant-error.js';
import { type Config, type Played, play } from './simulation/played.js';
import { type FaultPreset, presetNames, someOf } from './simulation/presets.js';

const DEFAULT_SEEDS = 200;
/** Of a history, so that it can be read. */
const LINES = 60;
/** Every job that doesn't end has failed its last invariant. */
const NEVER_ENDS = 5;

/** What `simulate` takes. */
export interface SimulateOptions {
  /** How many worlds, or exactly these. Default 200. */
  readonly seeds?: number | readonly number[] | undefined;
  /** The first seed. Default 1. */
  readonly first?: number | undefined;
  /** Processes that run jobs. One that dies is replaced. Default 3. */
  readonly processes?: number | undefined;
  /** What goes wrong; each seed has some of it. Default `'everything'`. */
  readonly faults?: FaultPreset | undefined;
  /** How long things go wrong, in simulated time. Default 20 s. */
  readonly storm?: Duration | undefined;
  /** How long after that everything must have ended, in simulated time. Default 1 h. */
  readonly heal?: Duration | undefined;
}

/** What was simulated: whether it was enough to trust in. */
export interface SimulationReport {
  /** Worlds that were played. */
  readonly seeds: number;
  /** Jobs in all of them. */
  readonly jobs: number;
  /** Times that a task's function was called. */
  readonly runs: number;
  /** Processes that died. */
  readonly deaths: number;
  /** Events that were simulated. */
  readonly steps: number;
  /** Of all that happened; the same seeds and the same code have the same. */
  readonly trace: string;
}

/** A seed in which the scenario doesn't hold. `cause` is what was thrown, mostly by its `check`. */
export class SimulationError extends Error {
  /** The seed that fails. */
  readonly seed: number;
  /** What happened in its smallest world: a line each for starts and ends of jobs, requests, deaths and faults. */
  readonly history: readonly string[];

  constructor(message: string, seed: number, history: readonly string[], cause: unknown) {
    super(message, { cause });
    this.name = 'SimulationError';
    this.seed = seed;
    this.history = history;
  }
}

/**
 * Plays a scenario in simulated worlds, each decided by its seed: processes run its jobs while some of them die, stand
 * still, and lose calls and replies. Then all is well again, everything must end, and `check` must hold.
 *
 * @throws SimulationError for the first seed that fails, with the history of its smallest world
 * @throws OptionError
 */
export async function simulate<TWorld = undefined, TTasks extends ScenarioTasks = ScenarioTasks>(
  scenario: Scenario<TWorld, TTasks>,
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  checkOptions('simulate', options, ['seeds', 'first', 'processes', 'faults', 'storm', 'heal']);
  const sum = { seeds: 0, jobs: 0, runs: 0, deaths: 0, steps: 0 };
  let trace = 0;
  for (const seed of seedsOf(options)) {
    const config = configOf(seed, options);
    const played = await play(scenario, config);
    if (played.error !== null) throw await errorOf(scenario, config, played, options);
    sum.seeds += 1;
    for (const what of ['jobs', 'runs', 'deaths', 'steps'] as const) sum[what] += played[what];
    trace = Math.imul(trace ^ played.hash, 0x01000193) >>> 0;
  }
  return { ...sum, trace: trace.toString(16).padStart(8, '0') };
}

function seedsOf({ seeds = DEFAULT_SEEDS, first = 1 }: SimulateOptions): readonly number[] {
  if (typeof seeds !== 'number') return seeds.map((seed) => wholeNumber(seed, 'a seed', 0));
  const from = wholeNumber(first, 'first', 0);
  return Array.from({ length: wholeNumber(seeds, 'seeds', 1) }, (_, i) => from + i);
}

function configOf(seed: number, { processes = 3, faults = 'everything', storm, heal }: SimulateOptions): Config {
  if (!presetNames.includes(faults))
    throw new OptionError(`faults is ${JSON.stringify(faults)}; it is one of ${presetNames.join(', ')}.`);
  return {
    seed,
    faults: someOf(faults, new Chance(seed * 7_919 + 1)),
    processes: wholeNumber(processes, 'processes', 1, 100),
    stormMs: durationMs(storm ?? '20s', 'storm'),
    healMs: durationMs(heal ?? '1h', 'heal'),
  };
}

/** From a world that fails to the smallest that fails alike. */
async function errorOf<TWorld, TTasks extends ScenarioTasks>(
  scenario: Scenario<TWorld, TTasks>,
  config: Config,
  played: Played,
  options: SimulateOptions,
): Promise<SimulationError> {
  const again = await play(scenario, config);
  const isSteady = again.hash === played.hash;
  let smallest = { config, played };
  for (let next: typeof smallest | null = smallest; next !== null && isSteady; ) {
    smallest = next;
    next = null;
    for (const candidate of smaller(smallest.config)) {
      const tried: Played = await play(scenario, candidate);
      if (kindOf(tried.error) !== kindOf(played.error)) continue;
      next = { config: candidate, played: tried };
      break;
    }
  }
  const error = smallest.played.error as Error;
  const history = smallest.played.story.map(
    ({ atMs, who, what }) => `${(atMs / 1_000).toFixed(3).padStart(8)} s  ${who.padEnd(8)}  ${what}`,
  );
  const lines = history.length > LINES ? ['  …', ...history.slice(-LINES)] : history;
  const call = JSON.stringify({ ...options, first: undefined, seeds: [config.seed] }).replace(/"(\w+)":/g, ' $1: ');
  const message = [
    `Seed ${config.seed} fails: ${error.message}`,
    ...(blame(error) ?? []),
    '',
    `What happened, in the smallest world that shows it (${smallest.config.processes} processes):`,
    ...lines,
    '',
    isSteady
      ? `Again: simulate(scenario, ${call.replaceAll('"', "'").replace(/\}$/, ' }')})`
      : 'Played again, this seed went another way: something takes time or chance from elsewhere. Use sim.now(), sim.sleep() and sim.random() instead of Date.now(), timers and Math.random(), and no real input or output.',
  ].join('\n');
  return new SimulationError(message, config.seed, history, error);
}

function* smaller(config: Config): Generator<Config> {
  for (const [name, often] of Object.entries(config.faults)) {
    if (often > 0) yield { ...config, faults: { ...config.faults, [name]: 0 } };
  }
  if (config.processes > 1) yield { ...config, processes: config.processes - 1 };
}

/** Failures of one kind are taken for the same. */
function kindOf(error: Error | null): string | null {
  if (error === null) return null;
  return error instanceof InvariantError ? `invariant ${error.invariant}` : error.name;
}

function blame(error: Error): readonly string[] | null {
  if (!(error instanceof InvariantError) || error.invariant === NEVER_ENDS) return null;
  return ['No task may be able to bring this about: it is a fault of taskspan itself. Please report it.'];
}
