/**
 * What an object is, as far as the codec cares: one of the names below, or `undefined` for what no store can carry.
 *
 * `Error` stands for every error class, `Object` for plain objects; a subclass of any other built-in has no kind.
 */
export type Kind = 'Object' | 'Array' | 'Error' | 'Buffer' | BuiltIn;

type BuiltIn = 'Date' | 'RegExp' | 'Map' | 'Set' | Boxed | 'ArrayBuffer' | View;

/** A primitive in an object, as `Object(1)` makes. */
export type Boxed = 'Number' | 'String' | 'Boolean' | 'BigInt';

/** A window on an ArrayBuffer. Float16Array is missing on purpose: Node 20 couldn't read it back. */
export type View =
  | 'DataView'
  | 'Int8Array'
  | 'Uint8Array'
  | 'Uint8ClampedArray'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'Float32Array'
  | 'Float64Array'
  | 'BigInt64Array'
  | 'BigUint64Array';

const builtIns: ReadonlySet<string> = new Set<BuiltIn>([
  'Date',
  'RegExp',
  'Map',
  'Set',
  'Number',
  'String',
  'Boolean',
  'BigInt',
  'ArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]);

export function kindOf(value: object): Kind | undefined {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return 'Object';
  if (Array.isArray(value)) return isOwnPrototype(prototype, 'Array') ? 'Array' : undefined;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === 'Error' || value instanceof Error) return 'Error';
  if (tag === 'Uint8Array' && bufferClass()?.isBuffer(value) === true) return 'Buffer';
  if (tag !== 'Object' && !builtIns.has(tag)) return undefined;
  return isOwnPrototype(prototype, tag) ? (tag as Kind) : undefined;
}

/** Node's Buffer class where there is one. */
export function bufferClass(): BufferClass | undefined {
  return (globalThis as { Buffer?: BufferClass }).Buffer;
}

interface BufferClass {
  isBuffer(value: unknown): boolean;
  from(buffer: ArrayBufferLike, byteOffset: number, length: number): Uint8Array;
}

/**
 * Is this the prototype of the built-in class `name` itself, not of a subclass?
 *
 * Another realm's counts too: under Jest, what Node's own modules return (`os.cpus()`, a Buffer) comes from outside.
 */
function isOwnPrototype(prototype: object, name: string): boolean {
  const here = (globalThis as unknown as Record<string, { prototype: object } | undefined>)[name];
  if (here?.prototype === prototype) return true;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return (
    typeof maker === 'function' &&
    maker.name === name &&
    maker.prototype === prototype &&
    Function.prototype.toString.call(maker).includes('[native code]')
  );
}
