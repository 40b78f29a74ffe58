/** A coordinator over any store that has leaders: who leads, runs. */

import { OptionError } from '../../core/errors.js';
import type { Host } from '../../core/host.js';
import { idGenerator } from '../../core/id.js';
import type { Logger } from '../../core/logger.js';
import { checkOptions, wholeNumber } from '../../core/options.js';
import { timers } from '../../hosts/index.js';
import type { LeaderCapability, Store } from '../../store/index.js';
import { consoleLogger } from '../console-logger.js';
import { storeOf } from '../store-of.js';
import {
  AbstractDistributedCoordinator,
  type IDistributedTaskRequest,
  type IDistributedTaskRequestResult,
} from './coordinator.js';
import { Election } from './election.js';
import { Switch } from './switch.js';

const DEFAULT_LEASE_MS = 10_000;

/** What `new distributedCoordination.StoreCoordinator` takes. */
export interface StoreCoordinatorOptions {
  /**
   * Where the processes elect one of them: a URL such as `sqlite:./election.db`, or a store from a factory, which is
   * opened here but is yours to close. It is for the election alone: no manager may work on it.
   */
  readonly store: string | Store;
  /** For how long nobody is elected after a crash, at most, ms. Default 10 000; at least 50. */
  readonly leaseMs?: number | undefined;
  /** Its clock and timers. Default: the platform's. */
  readonly host?: Host | undefined;
  /** Hears of a store that fails. Default: the console. */
  readonly logger?: Logger | undefined;
}

const optionNames: readonly (keyof StoreCoordinatorOptions)[] = ['store', 'leaseMs', 'host', 'logger'];

/**
 * For processes that each have a store of their own, such as memory, and the same schedules: one of them is elected, and
 * runs the slots; in the others they complete as skipped. Managers that share one durable store need no coordinator,
 * for a slot makes one job there: with one, a slot could be claimed by a process that isn't elected, and be skipped.
 *
 * The elected one renews its lease at a third of it, and resigns when it stops. If it dies, another is elected once the
 * lease is over; slots meanwhile run nowhere. One that loses the store stops believing before its lease can have ended,
 * by its own clock. The election decides who begins a run; a run that goes on beyond the lease is not stopped. A slot in
 * the very moment of a hand-over may run twice or not at all, for clocks disagree and timers are late.
 *
 * The store is for the election alone, and an election has its own: managers elect a leader of their store as well.
 *
 * @example
 * const distributedCoordinator = new distributedCoordination.StoreCoordinator({ store: 'sqlite:./election.db' });
 * const manager = new TaskManager({ distributedCoordinator, tasks });
 */
export class StoreCoordinator extends AbstractDistributedCoordinator {
  readonly #options: StoreCoordinatorOptions;
  readonly #host: Host;
  readonly #logger: Logger;
  readonly #leaseMs: number;
  readonly #candidate: string;
  readonly #switch: Switch = new Switch(
    () => this.#begin(),
    () => this.#end(),
  );
  /** Null from a close to the next start. */
  #store: Store | null;
  #election: Election | null = null;
  /** Managers that have started it and not stopped it since. */
  #users = 0;

  /** @throws OptionError, also for a store that has no leaders */
  constructor(options: StoreCoordinatorOptions) {
    super();
    checkOptions('StoreCoordinator', options, optionNames);
    if (options.store === undefined)
      throw new OptionError("StoreCoordinator needs a store to elect in: give one, such as 'sqlite:./election.db'.");
    this.#options = options;
    this.#host = options.host ?? timers();
    this.#logger = options.logger ?? consoleLogger;
    this.#leaseMs = wholeNumber(options.leaseMs ?? DEFAULT_LEASE_MS, 'leaseMs', 50, 86_400_000);
    this.#candidate = idGenerator(this.#host.random32)(this.#host.now(), 0);
    this.#store = storeOf(options.store);
    leaderOf(this.#store);
    if (typeof options.store === 'string' && this.#store.kind === 'memory')
      throw new OptionError(
        `The store of a StoreCoordinator is '${options.store}', which each process has for itself, so that all would be elected. Give one that they share, such as 'sqlite:./election.db'.`,
      );
  }

  /** Whether this process is the elected one, as far as it knows without asking. */
  get isElected(): boolean {
    return this.#election?.isLeader ?? false;
  }

  /** Opens the store and campaigns. @throws OptionError if a manager works on the store; what the store throws */
  async start(): Promise<void> {
    this.#users += 1;
    try {
      await this.#switch.on();
    } catch (error) {
      this.#users -= 1;
      throw error;
    }
  }

  /** Resigns, once all managers that started it have stopped it. */
  async stop(): Promise<void> {
    if (this.#users > 0) this.#users -= 1;
    if (this.#users === 0) await this.#switch.off();
  }

  /** Who isn't elected tries to be, so that a slot after a hand-over finds somebody. */
  async fireDistributedTaskRequest(request: IDistributedTaskRequest): Promise<IDistributedTaskRequestResult> {
    const election = this.#election;
    const isElected = election !== null && (election.isLeader || (await election.campaign()));
    const { submitterId, requestResponseId } = request;
    return {
      submitterId,
      requestResponseId,
      considered: election !== null,
      rank: isElected ? 1 : 2,
      reason: isElected ? 'elected' : election === null ? 'not started' : 'another is elected',
      shouldTrigger: isElected,
    };
  }

  /** Nothing depends on it. */
  async updateDistributedTaskRequest(_request: IDistributedTaskRequest): Promise<void> {}

  async #begin(): Promise<void> {
    this.#store ??= storeOf(this.#options.store);
    const store = this.#store;
    const election = new Election({
      leader: leaderOf(store),
      host: this.#host,
      leaseMs: this.#leaseMs,
      candidate: this.#candidate,
      onError: (error) => this.#warn(error),
    });
    try {
      await store.open();
      await refuseWorkers(store);
      await election.start();
    } catch (error) {
      await this.#close().catch(() => {});
      throw error;
    }
    this.#election = election;
  }

  async #end(): Promise<void> {
    await this.#election?.stop();
    this.#election = null;
    await this.#close();
  }

  /** What we opened by its URL; another start opens it anew. */
  async #close(): Promise<void> {
    if (typeof this.#options.store !== 'string') return;
    const store = this.#store;
    this.#store = null;
    await store?.close();
  }

  #warn(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#logger.error(`taskspan: the election failed, and is tried again: ${message}`, { error });
  }
}

/** @throws OptionError */
function leaderOf(store: Store): LeaderCapability {
  if (store.leader !== undefined) return store.leader;
  throw new OptionError(
    `The store of a StoreCoordinator is of kind '${store.kind}', which can't elect a leader. Give one that can, such as 'sqlite:./election.db'.`,
  );
}

/** @throws OptionError: they campaign for the same leadership, so a worker could be elected that asks nobody */
async function refuseWorkers(store: Store): Promise<void> {
  const [worker] = await store.workers();
  if (worker === undefined) return;
  throw new OptionError(
    `The store of a StoreCoordinator has a worker (${worker.name}), and managers elect a leader of their store themselves. Give the election a store of its own.`,
  );
}
