/**
 * Simulated time: events one after the other, in an order that depends on nothing but what was planned.
 *
 * An event belongs to a process, which may be dead by then (it never happens) or paused (it waits), or to the world.
 */

import { Heap, type HeapItem, NOWHERE } from '../../core/heap.js';
import type { Order } from '../../core/strays.js';

/** Whose event it is. */
export interface Owner {
  readonly name: string;
  readonly isDead: boolean;
  /** Simulated ms; what falls before happens then. */
  readonly pausedUntil: number;
}

interface Planned extends HeapItem {
  at: number;
  readonly order: number;
  readonly owner: Owner | null;
  readonly what: string;
  readonly call: () => void;
}

const byTime: Order<Planned> = {
  first: (event) => event.at,
  second: (event) => event.order,
  third: () => 0,
};

/** What has happened lately, for who reads a failure. */
const REMEMBERED = 300;

export class Timeline {
  now: number;
  steps = 0;
  /** Of all that has happened; two runs of one seed have the same. */
  hash = 0x811c9dc5;
  /** What was told, from the beginning. */
  readonly story: { readonly atMs: number; readonly who: string; readonly what: string }[] = [];
  readonly #events: Heap<Planned> = new Heap(byTime);
  #order = 0;
  readonly #history: string[] = [];
  readonly #startAt: number;

  constructor(startAt: number) {
    this.#startAt = startAt;
    this.now = startAt;
  }

  /** @returns takes it back */
  plan(delayMs: number, owner: Owner | null, what: string, call: () => void): () => void {
    const event: Planned = { heapAt: NOWHERE, at: this.now + delayMs, order: this.#order++, owner, what, call };
    this.#events.push(event);
    return () => {
      if (event.heapAt !== NOWHERE) this.#events.remove(event);
    };
  }

  /** Goes on to the next event that happens. False if nothing is planned, or nothing until then. */
  async step(until: number): Promise<boolean> {
    for (let event = this.#events.peek(); event !== undefined && event.at <= until; event = this.#events.peek()) {
      this.#events.remove(event);
      const { owner } = event;
      if (owner?.isDead === true) continue;
      if (owner !== null && owner.pausedUntil > event.at) {
        event.at = owner.pausedUntil;
        this.#events.push(event);
        continue;
      }
      this.now = Math.max(this.now, event.at);
      this.steps += 1;
      this.note(owner?.name ?? 'world', event.what);
      event.call();
      await settled();
      return true;
    }
    return false;
  }

  /** Writes into the history, and so into the hash. */
  note(who: string, what: string): void {
    const line = `${this.now - this.#startAt} ${who}: ${what}`;
    for (let i = 0; i < line.length; i++) this.hash = Math.imul(this.hash ^ line.charCodeAt(i), 0x01000193) >>> 0;
    this.#history.push(line);
    if (this.#history.length > 2 * REMEMBERED) this.#history.splice(0, REMEMBERED);
  }

  /** Writes what a reader of a failure wants to know, as `note` does. */
  tell(who: string, what: string): void {
    this.note(who, what);
    this.story.push({ atMs: this.now - this.#startAt, who, what });
  }

  /** Its last lines. */
  history(): readonly string[] {
    return this.#history.slice(-REMEMBERED);
  }
}

/** What is promised by now has run. */
function settled(): Promise<void> {
  return new Promise((resolve) =>
    typeof setImmediate === 'function' ? void setImmediate(resolve) : void setTimeout(resolve, 0),
  );
}
