import { bytesToHex } from '@noble/hashes/utils.js';
import { errorFields, errorLinks } from './errors.js';
import { kindOf } from './kinds.js';

/**
 * One text for all values that count as equal: that of RFC 8785 for plain JSON, extended by words that JSON doesn't
 * have. `digest` says what counts as equal; digests are stored, so what this writes may only change with their version.
 *
 * @returns `undefined` for what is no tree: cycles, or so much sharing that written out it takes over `maxLength`
 */
export function writeCanonical(value: unknown, maxLength: number): string | undefined {
  try {
    return new Canon(maxLength).write(value);
  } catch (error) {
    if (error instanceof NoTree) return undefined;
    throw error;
  }
}

class NoTree extends Error {}

class Canon {
  /** What is referenced twice is written once and its text used twice; joined strings share their parts. */
  readonly #written = new Map<object, string>();
  /** The ancestors of what is being written. */
  readonly #open = new Set<object>();
  readonly #maxLength: number;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  write(value: unknown): string {
    if (typeof value === 'object' && value !== null) return this.#shared(value);
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    return Object.is(value, -0) ? '-0' : String(value);
  }

  #shared(value: object): string {
    const known = this.#written.get(value);
    if (known !== undefined) return known;
    if (this.#open.has(value)) throw new NoTree();
    this.#open.add(value);
    const text = this.#object(value);
    this.#open.delete(value);
    if (text.length > this.#maxLength) throw new NoTree();
    this.#written.set(value, text);
    return text;
  }

  #object(value: object): string {
    const kind = kindOf(value);
    switch (kind) {
      case 'Object':
        return this.#properties(value as Readonly<Record<string, unknown>>);
      case 'Array':
        return this.#items(value as readonly unknown[]);
      case 'Map':
        return `Map{${Array.from(value as Map<unknown, unknown>, (entry) => this.#list(entry))
          .sort()
          .join(',')}}`;
      case 'Set':
        return `Set{${Array.from(value as Set<unknown>, (member) => this.write(member))
          .sort()
          .join(',')}}`;
      case 'Date':
        return `Date(${(value as Date).getTime()})`;
      case 'RegExp':
        return `RegExp(${JSON.stringify((value as RegExp).source)},${(value as RegExp).flags})`;
      case 'Error':
        return this.#error(value as Error);
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'BigInt':
        return `Object(${this.write(value.valueOf())})`;
      case 'ArrayBuffer':
        return `ArrayBuffer(${bytesToHex(new Uint8Array(value as ArrayBuffer))})`;
      default:
        return `${kind}(${hexOf(value as ArrayBufferView)})`;
    }
  }

  /** Keys sort by UTF-16 units, as RFC 8785, 3.2.3 has it, in every locale alike. */
  #properties(object: Readonly<Record<string, unknown>>): string {
    let text = '';
    for (const key of Object.keys(object).sort()) {
      const value = object[key];
      if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${this.write(value)}`;
    }
    return `{${text}}`;
  }

  #items(items: readonly unknown[]): string {
    const indexes = Object.keys(items);
    if (indexes.length === items.length) return this.#list(items);
    return `[${items.length};${indexes.map((index) => `${index}:${this.write(items[Number(index)])}`).join(',')}]`;
  }

  #list(items: readonly unknown[]): string {
    return `[${items.map((item) => this.write(item)).join(',')}]`;
  }

  #error(error: Error): string {
    const [standardClass, name, message, , code] = errorFields(error);
    return `Error${this.write([standardClass, name, message, code, errorLinks(error) ?? null])}`;
  }
}

function hexOf(view: ArrayBufferView): string {
  return bytesToHex(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}
