/** What the parts of a manager share: its store, engine and registry, and the way to them once they are ready. */

import { processName } from '#drivers';
import { ClosedError, OptionError, ShuttingDownError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import type { Logger } from '../core/logger.js';
import { checkOptions, wholeNumber } from '../core/options.js';
import { textOfThrown } from '../core/thrown.js';
import { Engine, type EngineEvents } from '../engine/index.js';
import { timers } from '../hosts/index.js';
import type { Store } from '../store/index.js';
import { ClusterEvents } from './cluster-events.js';
import { consoleLogger } from './console-logger.js';
import type { TaskConstraintGroup } from './constraints/group.js';
import { Coordination } from './coordination/coordination.js';
import { TaskRegistry } from './registry.js';
import { type EnqueueChild, Running } from './running.js';
import { storeOf } from './store-of.js';
import { Permits } from './triggers/permits.js';
import { Triggers } from './triggers/triggers.js';
import { managerOptionNames, type TaskManagerOptions } from './types.js';

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_LEASE_MS = 30_000;
/** A result that is waited for longer than this without any worker is worth a warning. */
const LONELY_AFTER_MS = 1_000;
const LONELY =
  'taskspan: a result is awaited, but no worker is alive on this store. Start one: `await manager.start()`, or `taskspan worker FILE`.';

export class Session {
  readonly host: Host;
  readonly store: Store;
  readonly registry: TaskRegistry;
  readonly engine: Engine;
  readonly triggers: Triggers;
  readonly clusterEvents: ClusterEvents;
  readonly logger: Logger;
  /** Null: each scheduled job runs where it was claimed. */
  readonly coordination: Coordination | null;
  /** Groups whose limits the store has. */
  readonly #configured: Set<TaskConstraintGroup> = new Set();
  #isReady = false;
  #isLonelyWarned = false;
  #isStoreWarned = false;

  /** @throws OptionError */
  constructor(options: TaskManagerOptions, enqueueChild: EnqueueChild) {
    checkOptions('TaskManager', options, managerOptionNames);
    this.logger = options.logger ?? consoleLogger;
    this.host = options.host ?? timers();
    this.store = storeOf(options.store);
    const isWorking = flag(options.work, 'work');
    const leaseMs = wholeNumber(options.leaseMs ?? DEFAULT_LEASE_MS, 'leaseMs', 50, 86_400_000);
    this.triggers = new Triggers(this.host, () => this.#permits(leaseMs));
    this.coordination = this.#coordinationOf(options.distributedCoordinator);
    this.registry = new TaskRegistry(
      new Running(this.logger, enqueueChild),
      this.triggers,
      this.coordination,
      this.store,
    );
    this.engine = new Engine({
      store: this.store,
      host: this.host,
      registry: this.registry,
      options: {
        concurrency: wholeNumber(options.concurrency ?? DEFAULT_CONCURRENCY, 'concurrency', 1, 100_000),
        leaseMs,
        isWorking,
        mayLead: options.lead === undefined ? isWorking : flag(options.lead, 'lead'),
        hasPrefetch: flag(options.prefetch, 'prefetch'),
        workerName: processName(),
      },
      onWaiting: (waitedMs) => this.#warnIfLonely(waitedMs),
    });
    const { store, host, engine } = this;
    this.clusterEvents = new ClusterEvents({ store, host, engine, ready: () => this.ready('follow events') });
    this.engine.emitter.on('error', (event) => this.#logError(event));
  }

  /** `ready` would wait for nothing. */
  get isReady(): boolean {
    return this.#isReady && !this.engine.isClosed;
  }

  /** For what a running job asks: it may finish its work while the manager closes. @throws ShuttingDownError after that */
  async readyForChild(): Promise<void> {
    if (this.engine.isDrained) throw new ShuttingDownError();
    if (!this.engine.isClosed) await this.ready('enqueue a job');
  }

  /** For what only looks: running jobs may do so while the manager closes. @throws ClosedError after that */
  async readyToLook(action: string): Promise<void> {
    const isClosing = this.engine.isClosed && !this.engine.isDrained;
    if (!(isClosing && this.#isReady)) await this.ready(action);
  }

  /** The store is open and knows our constraint groups. @throws ClosedError, and what opening throws */
  async ready(action: string): Promise<void> {
    if (this.engine.isClosed) throw new ClosedError(action);
    if (this.#isReady) return;
    await this.engine.open(action);
    const missing = this.registry.groups().filter((group) => !this.#configured.has(group));
    if (missing.length > 0) {
      const groups = missing.map(({ name, definitionVersion, limits }) => ({ name, definitionVersion, limits }));
      await this.engine.configure({ groups });
      for (const group of missing) this.#configured.add(group);
    }
    this.#isReady = this.registry.groups().every((group) => this.#configured.has(group));
  }

  /** Before anything fires. A producer runs nothing, so it must not be elected. */
  async startCoordinator(): Promise<void> {
    if (this.engine.mayWork) await this.coordination?.start();
  }

  /** The store doesn't know one of our groups. */
  groupAdded(): void {
    this.#isReady = false;
  }

  groupRemoved(group: TaskConstraintGroup): void {
    this.#configured.delete(group);
  }

  /** For documented methods that return nothing: what fails is heard as an `error` event. */
  background(work: Promise<unknown>, what: string): void {
    work.catch((error: unknown) => this.engine.emitter.emit('error', { error, during: `registering ${what}` }));
  }

  /** Once: what the store itself warns of, of those who work on it. */
  async warnOfStore(): Promise<void> {
    if (this.#isStoreWarned || !this.engine.isWorking || this.store.health === undefined) return;
    this.#isStoreWarned = true;
    try {
      const { findings } = await this.store.health.check((await this.store.workers()).length);
      for (const { severity, message, fix } of findings) {
        if (severity !== 'note') this.logger.warn(`taskspan: ${[message, fix].filter(Boolean).join(' ')}`);
      }
    } catch {
      // Closed meanwhile, or not answering: then there is other news.
    }
  }

  #permits(leaseMs: number): Permits {
    return new Permits({
      store: this.store,
      host: this.host,
      leaseMs,
      processName: processName(),
      ready: () => this.ready('trigger a task under a cluster-scope group'),
      onError: (error) => this.engine.emitter.emit('error', { error, during: 'the permits of triggers' }),
    });
  }

  #coordinationOf(coordinator: TaskManagerOptions['distributedCoordinator']): Coordination | null {
    if (coordinator === undefined) return null;
    return new Coordination(coordinator, this.host, (error, during) =>
      this.engine.emitter.emit('error', { error, during }),
    );
  }

  #logError({ error, during }: EngineEvents['error']): void {
    this.logger.error(`taskspan: ${during} failed: ${textOfThrown(error)}`, { error });
  }

  /** Who waits for a result that nobody can make should know why. */
  #warnIfLonely(waitedMs: number): void {
    if (this.#isLonelyWarned || waitedMs < LONELY_AFTER_MS || this.engine.isWorking) return;
    this.#isLonelyWarned = true;
    this.#warnWithoutWorkers().catch(() => {
      this.#isLonelyWarned = false;
    });
  }

  async #warnWithoutWorkers(): Promise<void> {
    const workers = await this.store.workers();
    if (workers.length === 0) this.logger.warn(LONELY);
    else this.#isLonelyWarned = false;
  }
}

function flag(value: boolean | undefined, name: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? true;
  throw new OptionError(`${name} is ${String(value)}; it is true or false.`);
}
