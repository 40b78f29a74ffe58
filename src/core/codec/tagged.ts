import { parse, stringify } from 'devalue';
import { type ErrorFields, errorFields, errorLinks, linkError, makeError } from './errors.js';
import { inspect } from './inspect.js';
import { bufferClass, kindOf } from './kinds.js';

/**
 * The text of a value that JSON can't bring back: devalue's, of the list `[value, error, links, error, links, …]`.
 *
 * Errors are stored without their causes, and those follow as links, because a cause may lead back to its error.
 *
 * @throws ValueError as `inspect` does
 */
export function writeTagged(value: unknown, what: string): string {
  const { linked, isSpecial } = inspect(value, what);
  const payload: unknown[] = [value];
  for (const error of linked) payload.push(error, errorLinks(error));
  // What we add to devalue makes it three times slower, and dates and `undefined` are common.
  return isSpecial ? stringify(payload, reducers, { operations: readOperations }) : stringify(payload);
}

/** @throws whatever the text makes devalue or a constructor throw */
export function readTagged(text: string): unknown {
  const isSpecial = /__proto__|"URL|"Temporal/.test(text);
  const payload: unknown = parse(text, revivers, isSpecial ? { operations: writeOperations } : undefined);
  if (!Array.isArray(payload) || payload.length % 2 !== 1) throw new TypeError('no value in it');
  for (let i = 1; i < payload.length; i += 2) linkError(payload[i], payload[i + 1]);
  return payload[0];
}

/** What devalue doesn't know. */
const reducers = {
  Error: (value: unknown): ErrorFields | false => isKind(value, 'Error') && errorFields(value as Error),
  Buffer: (value: unknown): Uint8Array | false => isKind(value, 'Buffer') && Uint8Array.from(value as Uint8Array),
};

const revivers = {
  Error: makeError,
  Buffer: (bytes: unknown): Uint8Array => {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a Buffer has bytes');
    return bufferClass()?.from(bytes.buffer, bytes.byteOffset, bytes.length) ?? bytes;
  },
};

/** How devalue looks at a value: by our kinds, without symbol keys, null prototypes and the buffer behind a view. */
const readOperations = {
  tagOf: (value: object): string => kindOf(value) ?? 'unknown',
  isThenable: (): boolean => false,
  shapeOf: (value: object): { kind: 'plain'; keys: string[] } => ({
    kind: 'plain',
    keys: Object.keys(value).map(escapeKey),
  }),
  get: (holder: object, key: string | number): unknown =>
    (holder as Record<string | number, unknown>)[unescapeKey(key)],
  viewInfo: (view: ArrayBufferView & { length?: number }) => ({
    buffer: view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength),
    byteOffset: 0,
    byteLength: view.byteLength,
    length: view.length ?? view.byteLength,
    bufferByteLength: view.byteLength,
  }),
};

/** How devalue makes a value: `__proto__` only ever as data, and none of the classes that we don't write. */
const writeOperations = {
  set: (holder: object, key: string | number, value: unknown): void => {
    const name = unescapeKey(key);
    if (name === '__proto__') {
      Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
    } else {
      (holder as Record<string | number, unknown>)[name] = value;
    }
  },
  fromStringValue: (tag: string): never => {
    throw new TypeError(`${tag} is not a stored type`);
  },
};

function isKind(value: unknown, kind: 'Error' | 'Buffer'): boolean {
  return typeof value === 'object' && value !== null && kindOf(value) === kind;
}

/** devalue refuses `__proto__` as a key, so it travels as `~__proto__`; a key that looks like that gets one more `~`. */
function escapeKey(key: string): string {
  return key.endsWith('__proto__') && /^~*__proto__$/.test(key) ? `~${key}` : key;
}

function unescapeKey<K extends string | number>(key: K): K | string {
  return typeof key === 'string' && key.endsWith('__proto__') && /^~+__proto__$/.test(key) ? key.slice(1) : key;
}
