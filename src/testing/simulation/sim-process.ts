/** A process of the simulated world: its clocks, timers and chance; it can die, stand still, and be cut off. */

import type { AsyncContext, Host } from '../../core/host.js';
import { asyncContext } from '../../hosts/index.js';
import type { Chance } from './chance.js';
import type { Owner, Timeline } from './timeline.js';

export class SimProcess implements Owner {
  readonly name: string;
  readonly host: Host;
  isDead = false;
  /** Nothing goes wrong with it, or with its calls. */
  readonly isSpared: boolean;
  pausedUntil = 0;
  /** Until then, no call of it reaches the store and no reply reaches it. */
  cutOffUntil = 0;
  /** How far its wall clock is off. */
  #skewMs: number;
  readonly #timeline: Timeline;
  readonly #startedAt: number;

  constructor(name: string, timeline: Timeline, chance: Chance, skewMs: number, isSpared = false) {
    this.name = name;
    this.isSpared = isSpared;
    this.#timeline = timeline;
    this.#skewMs = skewMs;
    this.#startedAt = timeline.now;
    const own = chance.fork();
    const context: AsyncContext | undefined = asyncContext;
    this.host = {
      now: () => timeline.now + this.#skewMs,
      monotonic: () => timeline.now - this.#startedAt,
      random32: own.next32,
      timer: (ms, callback) => timeline.plan(ms, this, 'timer', callback),
      soon: (callback) => void timeline.plan(0, this, 'soon', callback),
      context,
    };
  }

  get isCutOff(): boolean {
    return this.cutOffUntil > this.#timeline.now;
  }

  /** As `kill -9`: nothing that it planned ever happens. */
  kill(why: string): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#timeline.tell(this.name, `dies (${why})`);
  }

  /** As SIGSTOP and SIGCONT. */
  pause(ms: number): void {
    this.pausedUntil = this.#timeline.now + ms;
    this.#timeline.tell(this.name, `stands still for ${ms} ms`);
  }

  cutOff(ms: number): void {
    this.cutOffUntil = this.#timeline.now + ms;
    this.#timeline.tell(this.name, `is cut off for ${ms} ms`);
  }

  jump(ms: number): void {
    this.#skewMs += ms;
    this.#timeline.tell(this.name, `has its wall clock jump by ${ms} ms`);
  }
}
