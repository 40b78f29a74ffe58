import { ValueError } from '../errors.js';
import { errorFields, errorLinks } from './errors.js';
import { kindOf } from './kinds.js';
import { MAX_DEPTH } from './plain.js';
import { pathOf, printKey, refusal, type Step, textRefusal } from './refusal.js';

// With the `u` flag a proper pair counts as one character and does not match.
const loneSurrogate = /\p{Cs}/u;

/** What a writer needs to know about a value. */
export interface Findings {
  /** The errors in it that have a cause or parts, in the order in which they are found. */
  readonly linked: readonly Error[];
  /** It holds something that devalue by itself refuses or writes in another way than we want. */
  readonly isSpecial: boolean;
}

/**
 * Walks a value with its path at hand and refuses what no store can carry.
 *
 * @param what how the value is called in messages: `input`, `result`
 * @throws ValueError naming the path, what was found there, and what to do
 */
export function inspect(value: unknown, what: string): Findings {
  const walk = new Walk(what);
  try {
    walk.visit(value);
  } catch (error) {
    if (error instanceof ValueError) throw error;
    throw new ValueError(`${pathOf(what, walk.steps)} can't be read: ${String(error)}`, { cause: error });
  }
  return walk;
}

class Walk implements Findings {
  /** The way to the part under inspection; kept as it was when something throws. */
  readonly steps: Step[] = [];
  readonly linked: Error[] = [];
  isSpecial = false;
  readonly #seen = new Set<object>();
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  visit(value: unknown): void {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'function' || typeof value === 'symbol') throw refusal(this.#what, this.steps, value);
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return;
    if (this.steps.length >= MAX_DEPTH) {
      throw new ValueError(
        `${pathOf(this.#what, this.steps)} is nested more than ${MAX_DEPTH} levels deep. Flatten it: a list of items that name their parent, for one.`,
      );
    }
    this.#seen.add(value);
    this.#object(value);
  }

  #object(value: object): void {
    const kind = kindOf(value);
    switch (kind) {
      case undefined:
        throw refusal(this.#what, this.steps, value);
      case 'Object':
        return this.#properties(value as Readonly<Record<string, unknown>>);
      case 'Array':
        return this.#items(value as readonly unknown[]);
      case 'Map':
        return this.#entries(value as ReadonlyMap<unknown, unknown>);
      case 'Set':
        return this.#members(value as ReadonlySet<unknown>);
      case 'Error':
        return this.#error(value as Error);
      case 'RegExp':
        return this.#text((value as RegExp).source);
      case 'String':
        return this.#text(String(value));
      case 'Date':
      case 'Number':
      case 'Boolean':
      case 'BigInt':
        return;
      case 'ArrayBuffer':
        return this.#bytes(value as ArrayBuffer);
      default:
        this.isSpecial = true;
        return this.#bytes((value as ArrayBufferView).buffer);
    }
  }

  #step(step: Step, value: unknown): void {
    this.steps.push(step);
    this.visit(value);
    this.steps.pop();
  }

  #properties(object: Readonly<Record<string, unknown>>): void {
    const isBare = Object.getPrototypeOf(object) === null;
    if (isBare || Object.getOwnPropertySymbols(object).length > 0) this.isSpecial = true;
    for (const key of Object.keys(object)) {
      this.#text(key, true);
      if (key.endsWith('__proto__')) this.isSpecial = true;
      this.steps.push(key);
      this.visit(object[key]); // Read after the push, so that a getter that throws is named.
      this.steps.pop();
    }
  }

  #items(items: readonly unknown[]): void {
    for (let i = 0; i < items.length; i += 1) {
      // The first hole changes the gait: an array of two items may be four billion long.
      if (!(i in items)) return this.#sparseItems(items);
      this.#step(i, items[i]);
    }
  }

  #sparseItems(items: readonly unknown[]): void {
    for (const key of Object.keys(items)) {
      const index = Number(key);
      if (String(index >>> 0) === key) this.#step(index, items[index]);
    }
  }

  #entries(map: ReadonlyMap<unknown, unknown>): void {
    for (const [key, value] of map) {
      const shown = printKey(key);
      this.#step({ print: `.keys(${shown})` }, key);
      this.#step({ print: `.get(${shown})` }, value);
    }
  }

  #members(set: ReadonlySet<unknown>): void {
    let i = 0;
    for (const member of set) {
      this.#step({ print: `.values()[${i}]` }, member);
      i += 1;
    }
  }

  #error(error: Error): void {
    this.isSpecial = true;
    for (const field of errorFields(error)) if (field !== null) this.#text(field);
    const links = errorLinks(error);
    if (links === undefined) return;
    this.linked.push(error);
    if ('cause' in links) this.#step('cause', links.cause);
    if ('errors' in links) this.#step('errors', links.errors);
  }

  /** Postgres, for one, takes neither U+0000 nor a lone surrogate. */
  #text(text: string, isKey = false): void {
    if (text.includes('\0') || loneSurrogate.test(text)) throw textRefusal(this.#what, this.steps, isKey, text);
  }

  #bytes(buffer: ArrayBufferLike): void {
    if (kindOf(buffer) !== 'ArrayBuffer') throw refusal(this.#what, this.steps, buffer);
    new Uint8Array(buffer); // Throws if the buffer was transferred away.
  }
}
