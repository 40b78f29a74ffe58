/** The heartbeat: says that this worker lives, keeps its leases, and hears of cancels, pauses and lost leases. */

import type { Host } from '../core/host.js';
import type { Store, WorkerPresence } from '../store/index.js';
import type { Agenda } from './agenda.js';
import type { Emitter } from './events.js';
import type { Leases } from './leases.js';
import type { EngineOptions, Registry } from './runnable.js';
import type { Worker } from './worker.js';

/** After a notification the heartbeat comes early, to hear of cancels; but not more often than this. */
const HINTED_EVERY_MS = 250;
/** Between tries while the store fails; a sixth of a short lease. */
const RETRY_MS = 1_000;

export interface PresenceParts {
  readonly id: string;
  readonly store: Store;
  readonly host: Host;
  readonly agenda: Agenda;
  readonly registry: Registry;
  readonly options: EngineOptions;
  readonly emitter: Emitter;
  readonly leases: Leases;
  readonly worker: Worker;
}

export class Presence {
  readonly #parts: PresenceParts;
  #startedAt = 0;
  #lastBeatAt = -Infinity;
  #isOn = false;
  #isBeating = false;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#startedAt = this.#parts.host.now();
    void this.beat();
  }

  /** Says good-bye. */
  async stop(): Promise<void> {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#parts.agenda.clear('heartbeat');
    const { store, options } = this.#parts;
    await store.extend({ worker: this.#who(), tokens: [], leaseMs: options.leaseMs, leaving: true }).catch(() => {});
  }

  /** Another process changed something: perhaps it cancelled what runs here. */
  beatSoon(): void {
    if (!this.#isOn || this.#parts.leases.tokens.length === 0) return;
    const sinceMs = this.#parts.host.monotonic() - this.#lastBeatAt;
    this.#beatIn(Math.max(0, HINTED_EVERY_MS - sinceMs));
  }

  /** Renews now; does nothing while the store still works on an earlier call, unless that took a whole lease. */
  async beat(): Promise<void> {
    if (!this.#isOn) return;
    const { store, host, leases, worker, options, emitter } = this.#parts;
    const calledAt = host.monotonic();
    const patienceMs = this.#lastBeatAt + options.leaseMs - calledAt;
    if (this.#isBeating && patienceMs > 0) return this.#beatIn(patienceMs);
    this.#isBeating = true;
    this.#lastBeatAt = calledAt;
    this.#beatIn(options.leaseMs);
    const tokens = leases.tokens;
    let nextMs = options.leaseMs / 3;
    try {
      const reply = await store.extend({ worker: this.#who(), tokens, leaseMs: options.leaseMs, leaving: false });
      leases.renew(tokens, calledAt);
      worker.lose(reply.lost);
      for (const id of reply.cancel) worker.cancel(id);
      worker.purge(reply.paused);
    } catch (error) {
      // Whoever has said good-bye needs no more heartbeats; the store may be closed by now.
      if (this.#isOn) emitter.emit('error', { error, during: 'the heartbeat' });
      nextMs = Math.min(options.leaseMs / 6, RETRY_MS);
    }
    if (this.#lastBeatAt !== calledAt) return;
    this.#isBeating = false;
    if (this.#isOn) this.#beatIn(nextMs);
  }

  #beatIn(delayMs: number): void {
    this.#parts.agenda.setSooner('heartbeat', delayMs, () => void this.beat());
  }

  #who(): WorkerPresence {
    const { id, options, registry, worker } = this.#parts;
    return {
      id,
      name: options.workerName,
      startedAt: this.#startedAt,
      queues: registry.queues(),
      tasks: registry.names(),
      concurrency: options.concurrency,
      running: worker.runningCount,
    };
  }
}
