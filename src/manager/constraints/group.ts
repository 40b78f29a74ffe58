/**
 * A rule on which runs may happen together: keyed concurrency, cooldown, rate.
 *
 * Registered with a manager it governs jobs over the whole store. Its own slots, which the methods
 * below count, are those of this process.
 */

import type { GroupLimits } from '../../core/constraint.js';
import { OptionError } from '../../core/errors.js';
import { checkOptions, nonEmptyString, wholeNumber } from '../../core/options.js';
import type { AnyTask, Task } from '../../task/index.js';
import { KeySlots } from './key-slots.js';

/** What `new TaskConstraintGroup` takes. */
// biome-ignore lint/suspicious/noExplicitAny: the documented default; a group may serve tasks of any data and input
export interface ITaskConstraintGroupOptions<TData = any, TInput = any> {
  /** Unique among a manager's groups; stored keys carry it. */
  readonly name: string;
  /** The key under which a run counts, or null to exempt it. Must be pure: it is asked once per job, anywhere. */
  // biome-ignore lint/suspicious/noExplicitAny: only the task's data is typed here
  constraintKeyForExecution(task: Task<any, any, TData, any, any, string>, input?: TInput): string | null;
  /** Runs at once under one key. Default `Infinity`. */
  readonly maxConcurrent?: number | undefined;
  /** From the end of the last run under a key to the next start, ms. Default 0. */
  readonly cooldownMs?: number | undefined;
  /** At most `limit` starts under one key in any window of `perMs` ms. Default: none. */
  readonly rate?: { readonly limit: number; readonly perMs: number } | undefined;
  /** Asked right before a run, with its slots held; false skips it. All groups must say true. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  shouldExecute?(task: Task<any, any, TData, any, any, string>, input?: TInput): boolean | Promise<boolean>;
  /** What a limit on triggers spans. Jobs are always limited over the whole store. Default `'process'`. */
  readonly scope?: 'process' | 'cluster' | undefined;
  /** In a rolling deploy the settings with the higher version win. Default 0; equals overwrite. */
  readonly definitionVersion?: number | undefined;
}

const optionNames: readonly (keyof ITaskConstraintGroupOptions)[] = [
  'name',
  'constraintKeyForExecution',
  'maxConcurrent',
  'cooldownMs',
  'rate',
  'shouldExecute',
  'scope',
  'definitionVersion',
];

/** Which runs may happen together: for each key that its function gives, limits. */
// biome-ignore lint/suspicious/noExplicitAny: the documented default
export class TaskConstraintGroup<TData = any, TInput = any> {
  /** Unique among a manager's groups. */
  readonly name: string;
  /** Runs at once under one key; `Infinity` = no limit. */
  readonly maxConcurrent: number;
  /** From the end of the last run under a key to the next start, ms. */
  readonly cooldownMs: number;
  /** Null = no limit. */
  readonly rate: { readonly limit: number; readonly perMs: number } | null;
  /** What a limit on triggers spans. */
  readonly scope: 'process' | 'cluster';
  /** In a rolling deploy the settings with the higher version win. */
  readonly definitionVersion: number;
  /** What it sets for each key. */
  readonly limits: GroupLimits;
  readonly #options: ITaskConstraintGroupOptions<TData, TInput>;
  /** That of the manager which has it, so that virtual time holds here too. */
  #clock: () => number;
  readonly #slots: Map<string, KeySlots> = new Map();
  #sweep: Iterator<KeySlots> | null = null;
  /** Managers that let runs in by it. Replaced, never changed. */
  #watchers: readonly GroupWatcher[] = [];

  /**
   * @param clock ms from any origin, never stepping back; a manager that gets the group puts its own there
   * @throws OptionError for an unknown option, or a value that an option can't take
   */
  constructor(options: ITaskConstraintGroupOptions<TData, TInput>, clock: () => number = () => performance.now()) {
    this.name = nonEmptyString(options.name, "A constraint group's name", 255);
    const what = `constraint group '${this.name}'`;
    checkOptions(what, options, optionNames);
    if (typeof options.constraintKeyForExecution !== 'function') {
      throw new OptionError(
        `${what} has no constraintKeyForExecution; give a function of (task, input) that returns a key or null.`,
      );
    }
    this.maxConcurrent = limitOf(options.maxConcurrent, `maxConcurrent of ${what}`);
    this.cooldownMs = wholeNumber(options.cooldownMs ?? 0, `cooldownMs of ${what}`, 0);
    this.rate = options.rate === undefined ? null : checkRate(options.rate, what);
    this.scope = scopeOf(options.scope, what);
    if (options.shouldExecute !== undefined && typeof options.shouldExecute !== 'function') {
      throw new OptionError(
        `shouldExecute of ${what} is ${typeof options.shouldExecute}; give a function of (task, input).`,
      );
    }
    this.definitionVersion = wholeNumber(options.definitionVersion ?? 0, `definitionVersion of ${what}`, 0);
    this.#options = options;
    this.#clock = clock;
    this.limits = {
      maxConcurrent: this.maxConcurrent === Infinity ? null : this.maxConcurrent,
      cooldownMs: this.cooldownMs,
      rate: this.rate,
    };
  }

  /** Whether it was given a `shouldExecute`. */
  get hasShouldExecute(): boolean {
    return this.#options.shouldExecute !== undefined;
  }

  /** The key under which a run of the task counts; null exempts it. @throws OptionError if the function returns neither; and what it throws */
  getConstraintKey(task: AnyTask, input?: TInput): string | null {
    const key: unknown = this.#options.constraintKeyForExecution(task, input);
    if (key === null || key === undefined) return null;
    if (typeof key === 'string' && key.length <= 1_024 && !key.includes('\0')) return key;
    const shown = typeof key === 'string' ? `a string of ${key.length} characters` : typeof key;
    throw new OptionError(
      `constraintKeyForExecution of group '${this.name}' returned ${shown} for task '${task.name}'; return a string of at most 1024 characters without NUL, or null.`,
    );
  }

  /** What its `shouldExecute` says; true if it has none. */
  async checkShouldExecute(task: AnyTask, input?: TInput): Promise<boolean> {
    return (await this.#options.shouldExecute?.(task, input)) ?? true;
  }

  // Its slots in this process

  /** Whether a run could start under the key now; of a cluster-scope group, only the store could say no. */
  canRun(key: string): boolean {
    return this.#slots.get(key)?.hasRoom(this.#clock()) ?? true;
  }

  /** Takes a slot, whether or not there is room: what is triggered under the key waits for it. */
  acquireSlot(key: string): void {
    this.slots(key).start(this.#clock());
  }

  /** Frees a slot, and notes the time: the cooldown counts from now. */
  releaseSlot(key: string): void {
    const slots = this.slots(key);
    slots.end(this.#clock());
    for (const watcher of this.#watchers) watcher.freed(slots);
  }

  /** Milliseconds until the cooldown ends; 0 if there is none. */
  getCooldownRemaining(key: string): number {
    const endedAt = this.#slots.get(key)?.endedAt ?? null;
    return endedAt === null ? 0 : Math.max(0, endedAt + this.cooldownMs - this.#clock());
  }

  /** How many run under the key here: triggers, jobs, and slots that were taken by hand. */
  getRunningCount(key: string): number {
    return this.#slots.get(key)?.running ?? 0;
  }

  /** Forgets slots, cooldowns and starts of all its keys; what waits may run, and what runs counts no more. */
  reset(): void {
    const old = [...this.#slots.values()];
    this.#slots.clear();
    this.#sweep = null;
    const instead = new Map(old.map((slots) => [slots, this.slots(slots.key)]));
    for (const watcher of this.#watchers) watcher.reroute(instead);
  }

  /** @internal */
  slots(key: string): KeySlots {
    let slots = this.#slots.get(key);
    if (slots === undefined) {
      this.#forgetSome();
      slots = new KeySlots(this.name, key, this.limits, this.scope === 'cluster');
      this.#slots.set(key, slots);
    }
    return slots;
  }

  /** @internal */
  allSlots(): Iterable<KeySlots> {
    return this.#slots.values();
  }

  /** @returns ends it @internal */
  watch(watcher: GroupWatcher, clock: () => number): () => void {
    this.#clock = clock;
    this.#watchers = [...this.#watchers, watcher];
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    };
  }

  /** For each key that comes, two are looked at that may go: so there are never many that nobody needs. */
  #forgetSome(): void {
    this.#sweep ??= this.#slots.values();
    const now = this.#clock();
    for (let looks = 0; looks < 2; looks++) {
      const { value: slots, done } = this.#sweep.next();
      if (done === true) {
        this.#sweep = null;
        return;
      }
      if (slots.isForgettable(now)) this.#slots.delete(slots.key);
    }
  }
}

/** A gate that lets runs in by the group. */
export interface GroupWatcher {
  freed(slots: KeySlots): void;
  reroute(instead: ReadonlyMap<KeySlots, KeySlots | null>): void;
}

function scopeOf(scope: 'process' | 'cluster' | undefined, what: string): 'process' | 'cluster' {
  if (scope === undefined || scope === 'process' || scope === 'cluster') return scope ?? 'process';
  throw new OptionError(`scope of ${what} is '${String(scope)}'; it is 'process' or 'cluster'.`);
}

function limitOf(value: number | undefined, what: string): number {
  return value === undefined || value === Infinity ? Infinity : wholeNumber(value, what, 1);
}

function checkRate(
  rate: { readonly limit: number; readonly perMs: number },
  what: string,
): { limit: number; perMs: number } {
  checkOptions(`rate of ${what}`, rate, ['limit', 'perMs']);
  return {
    limit: wholeNumber(rate.limit, `rate.limit of ${what}`, 1),
    perMs: wholeNumber(rate.perMs, `rate.perMs of ${what}`, 1),
  };
}
