import fc from 'fast-check';

/** Values of the published set, and what makes two of them the same. Shared by the tests of the codec and the digest. */

const storableText = (text: string): string => text.replaceAll('\0', '0');

const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map(storableText),
  fc.constantFrom('', '\\u0000', '\\ud800', '\u0001\u001b[0m', '~1:', '~', 'null', '\u2028</script>', '💥', 'é'),
);

const key: fc.Arbitrary<string> = fc.oneof(
  text,
  fc.constantFrom('__proto__', '~__proto__', '~~__proto__', 'constructor', 'toJSON', 'then', 'length', '0', 'a b'),
);

const jsonNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
);

const jsonLeaf = fc.oneof(text, jsonNumber, fc.boolean(), fc.constant(null));

const errorClasses = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError] as const;

const error = (cause: fc.Arbitrary<unknown>): fc.Arbitrary<Error> =>
  fc
    .record({
      make: fc.constantFrom(...errorClasses),
      message: text,
      name: fc.option(text, { nil: undefined }),
      code: fc.option(text, { nil: undefined }),
      cause: fc.option(fc.tuple(cause), { nil: undefined }),
    })
    .map((fields) => {
      const made = new fields.make(fields.message, fields.cause && { cause: fields.cause[0] });
      if (fields.name !== undefined) made.name = fields.name;
      return fields.code === undefined ? made : Object.assign(made, { code: fields.code });
    });

// A multiple of eight, as some views want it.
const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => array.buffer.slice(0) as ArrayBuffer);

const viewClasses: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

const richLeaf = fc.oneof(
  fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc
    .tuple(fc.constantFrom('a+', '/', '\\n\\u0000', '[\\]/]', '💥'), fc.constantFrom('', 'gi', 'uy'))
    .map(([source, flags]) => new RegExp(source, flags)),
  fc.oneof(fc.double(), text, fc.boolean(), fc.bigInt()).map((primitive) => Object(primitive) as object),
  bytes,
  fc.tuple(fc.constantFrom(...viewClasses), bytes).map(([make, buffer]) => new make(buffer)),
  fc.uint8Array({ maxLength: 9 }).map((array) => Buffer.from(array)),
);

const pairs = <K, V>(k: fc.Arbitrary<K>, v: fc.Arbitrary<V>): fc.Arbitrary<[K, V][]> =>
  fc.array(fc.tuple(k, v), { maxLength: 4 });

/** What JSON brings back as it is. */
export const jsonValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    jsonLeaf,
    fc.array(tie('value'), { maxLength: 4 }),
    pairs(key, tie('value')).map(Object.fromEntries),
  ),
})).value;

/** Anything that a store carries, without cycles and without anything referenced twice. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    jsonLeaf,
    richLeaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.sparseArray(tie('value'), { maxLength: 40, maxNumElements: 4 }),
    pairs(key, tie('value')).map(Object.fromEntries),
    pairs(tie('value'), tie('value')).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((members) => new Set(members)),
    error(tie('value')),
    fc.array(tie('value'), { maxLength: 3 }).map((errors) => new AggregateError(errors, 'several')),
  ),
})).value;

/** A graph of containers that lead to each other in any way; the Date keeps it out of plain JSON. */
export const graph: fc.Arbitrary<unknown> = fc
  .record({
    kinds: fc.array(fc.constantFrom('object', 'array', 'map', 'set', 'error'), { minLength: 1, maxLength: 6 }),
    edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 14 }),
  })
  .map(({ kinds, edges }) => {
    const nodes = kinds.map(makeNode);
    for (const [from, to] of edges) link(nodes[from % nodes.length], nodes[to % nodes.length]);
    return [new Date(5), ...nodes];
  });

function makeNode(kind: string): unknown {
  if (kind === 'array') return [];
  if (kind === 'map') return new Map();
  if (kind === 'set') return new Set();
  return kind === 'error' ? new Error('node') : {};
}

function link(from: unknown, to: unknown): void {
  if (Array.isArray(from)) from.push(to);
  else if (from instanceof Map) from.set(from.size % 2 === 0 ? to : from.size, to);
  else if (from instanceof Set) from.add(to);
  else if (from instanceof Error) from.cause = to;
  else (from as Record<string, unknown>)[`to${Object.keys(from as object).length}`] = to;
}

/**
 * The same in everything that the codec promises: classes, own keys, holes, order, -0, NaN, and which parts are one
 * object. Stricter than vitest's equality, which can't see the last.
 */
export function isSame(a: unknown, b: unknown, paired: Map<object, object> = new Map()): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b);
  const partner = paired.get(a);
  if (partner !== undefined) return partner === b;
  if ([...paired.values()].includes(b) || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  paired.set(a, b);
  const left = partsOf(a);
  const right = partsOf(b);
  return left.length === right.length && left.every((part, i) => isSame(part, right[i], paired));
}

function partsOf(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat(1);
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (value instanceof Error) return errorParts(value);
  // Not by asking `valueOf`: a plain object may have data under that name.
  if ([Number, String, Boolean, BigInt].some((boxed) => value instanceof boxed)) return [value.valueOf()];
  const own = Object.keys(value).flatMap((name) => [name, (value as Record<string, unknown>)[name]]);
  return Array.isArray(value) ? [value.length, ...own] : own;
}

function errorParts(error: Error): unknown[] {
  const { name, message, stack, code, errors } = error as Error & { code?: unknown; errors?: unknown };
  return [name, message, stack, code, errors, 'cause' in error, error.cause];
}
