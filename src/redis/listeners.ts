/** Who listens to what. A listener that throws, or rejects, is reported and harms nobody. */

import { OptionError } from '../core/errors.js';
import { type Logger, reportListener } from '../core/logger.js';
import { nearest } from '../core/options.js';
import { textOfThrown } from '../core/thrown.js';

type Listener<T> = (event: T) => unknown;

export class Listeners<TEvents extends object> {
  readonly #what: string;
  readonly #names: readonly (keyof TEvents & string)[];
  readonly #logger: Logger;
  /** Replaced, never changed: who is told is settled when the telling begins. */
  readonly #listeners: Map<keyof TEvents, readonly Listener<never>[]> = new Map();

  constructor(what: string, names: readonly (keyof TEvents & string)[], logger: Logger) {
    this.#what = what;
    this.#names = names;
    this.#logger = logger;
  }

  /** @returns ends it @throws OptionError for an event that there isn't */
  on<K extends keyof TEvents & string>(name: K, listener: Listener<TEvents[K]>): () => void {
    if (!this.#names.includes(name)) {
      const near = nearest(String(name), this.#names);
      const hint = near === null ? `It has: ${this.#names.join(', ')}.` : `Did you mean '${near}'?`;
      throw new OptionError(`${this.#what} has no event '${String(name)}'. ${hint}`);
    }
    if (typeof listener !== 'function')
      throw new OptionError(`The listener of '${name}' is ${typeof listener}; give a function.`);
    // Each call is a listener of its own, though it be the same function.
    const own: Listener<TEvents[K]> = (event) => listener(event);
    this.#listeners.set(name, [...this.#of(name), own]);
    return () => {
      const others = this.#of(name).filter((other) => other !== own);
      if (others.length === 0) this.#listeners.delete(name);
      else this.#listeners.set(name, others);
    };
  }

  has(...names: readonly (keyof TEvents)[]): boolean {
    return names.some((name) => this.#listeners.has(name));
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  emit<K extends keyof TEvents & string>(name: K, event: TEvents[K]): void {
    for (const listener of this.#of(name)) this.tell(name, listener as Listener<TEvents[K]>, event);
  }

  /** Calls one of them. */
  tell<K extends keyof TEvents & string>(name: K, listener: Listener<TEvents[K]>, event: TEvents[K]): void {
    try {
      const returned = listener(event);
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(name, error));
    } catch (error) {
      this.#failed(name, error);
    }
  }

  #failed(name: string, error: unknown): void {
    const message = `taskspan: a listener of '${name}' on ${this.#what} threw: ${textOfThrown(error)}`;
    reportListener(this.#logger, message, error);
  }

  #of(name: keyof TEvents): readonly Listener<never>[] {
    return this.#listeners.get(name) ?? [];
  }
}
