/** Events for `for await`: what comes while nobody asks waits, within bounds. */

import { OptionError } from '../core/errors.js';
import { checkOptions, wholeNumber } from '../core/options.js';

const DEFAULT_BUFFER = 1_000;

/** What `manager.events` takes. */
export interface EventStreamOptions {
  /** How many events may wait to be asked for; beyond, the oldest are dropped, which is told. Default 1000. */
  readonly buffer?: number | undefined;
  /** `'process'` (the default): the runs in this process. `'cluster'`: the jobs of the whole store. */
  readonly scope?: 'process' | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
}

type AnyStreamOptions = Omit<EventStreamOptions, 'scope'> & { readonly scope?: string | undefined };

/** Events came faster than they were asked for, and the oldest were dropped: here, before those that follow. */
export interface IEventsDropped {
  /** Tells it from other events. */
  readonly type: 'dropped';
  /** How many were dropped. */
  readonly count: number;
  /** Epoch ms, of the first event that follows. */
  readonly timestamp: number;
}

export class EventStream<T extends { readonly timestamp: number }>
  implements AsyncIterableIterator<T | IEventsDropped>
{
  readonly #limit: number;
  readonly #onEnd: () => void;
  #waiting: T[] = [];
  #dropped = 0;
  #asked: ((result: IteratorResult<T | IEventsDropped, undefined>) => void)[] = [];
  #hasEnded = false;

  /** @throws OptionError */
  constructor(options: AnyStreamOptions, onEnd: () => void) {
    checkOptions('events', options, ['buffer', 'scope', 'signal']);
    if (options.scope !== undefined && options.scope !== 'process' && options.scope !== 'cluster')
      throw new OptionError(`scope of events is ${String(options.scope)}; it is 'process' or 'cluster'.`);
    this.#limit = wholeNumber(options.buffer ?? DEFAULT_BUFFER, 'buffer of events', 1);
    const { signal } = options;
    const onAbort = (): void => this.end();
    this.#onEnd = () => {
      signal?.removeEventListener('abort', onAbort);
      onEnd();
    };
    signal?.addEventListener('abort', onAbort);
  }

  push(event: T): void {
    if (this.#hasEnded) return;
    const asked = this.#asked.shift();
    if (asked !== undefined) return asked({ done: false, value: event });
    this.#waiting.push(event);
    if (this.#waiting.length <= this.#limit) return;
    this.#waiting.shift();
    this.#dropped += 1;
  }

  next(): Promise<IteratorResult<T | IEventsDropped, undefined>> {
    const event = this.#waiting[0];
    if (event !== undefined && this.#dropped > 0) {
      const value: IEventsDropped = { type: 'dropped', count: this.#dropped, timestamp: event.timestamp };
      this.#dropped = 0;
      return Promise.resolve({ done: false, value });
    }
    if (event !== undefined) {
      this.#waiting.shift();
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  /** The loop was left. */
  return(): Promise<IteratorResult<T | IEventsDropped, undefined>> {
    this.#waiting = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** No more will come; what waits can still be asked for. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const asked of this.#asked.splice(0)) asked({ done: true, value: undefined });
    this.#onEnd();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
