import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/core/codec/index.js';
import { digest } from '../../src/core/digest.js';
import { ValueError } from '../../src/core/errors.js';
import { anyValue, graph, jsonValue } from './values.js';

const of = (input: unknown, task = 'resize'): string => digest(task, encode(input, 'input', 98_304));

/** Equal in all that counts, but every order in it is the other way round. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return Object.assign(new Array(value.length), value.map(reordered));
  if (value instanceof Map) return new Map([...value].reverse().map(([k, v]) => [reordered(k), reordered(v)]));
  if (value instanceof Set) return new Set([...value].reverse().map(reordered));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reordered(v)]),
  );
}

describe('digest', () => {
  test('is its version and 128 bits, the same for ever', () => {
    expect(of({ path: 'a.png', width: 200 })).toBe('v1:4b2e219ae6cde5833e38ff55831f4c58');
    expect(of({ at: new Date(0), tags: new Set(['a', 1n]), none: undefined })).toBe(
      'v1:0b8c6fd37df240e844f02cb2317412bd',
    );
    expect(of(undefined)).toBe('v1:a8f9b9a35c2e3cc67899f623aeb1b3ac');
  });

  test('does not depend on the order of keys, entries and members', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(of(reordered(value))).toBe(of(value));
      }),
      { numRuns: 1000 },
    );
  });

  test('is equal for equal values only', () => {
    fc.assert(
      fc.property(jsonValue, jsonValue, (a, b) => {
        expect(of(a) === of(b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      }),
      { numRuns: 1000 },
    );
  });

  test('tells apart what looks alike', () => {
    // biome-ignore format: a list to look over
    const values = [
      undefined, null, 'undefined', 'null', 0, -0, '0', false, 1, 1n, '1', '1n', Number.NaN, 'NaN', [], {}, [undefined], [null], new Array(1), [[]],
      new Map(), new Set(), new Set([1]), new Map([[1, 2]]), [1, 2], [[1, 2]], { '1': 2 }, new Date(1), new Date(Number.NaN), 'Date(1)',
      Object(1), Object('1'), new Uint8Array(1), new Int8Array(1), new ArrayBuffer(1), Buffer.alloc(1), new DataView(new ArrayBuffer(1)),
      /a/, /a/g, '/a/', new Error('a'), new TypeError('a'), new Error('a', { cause: 1 }), new Error('a', { cause: undefined }),
      { ['__proto__']: 1 }, { '~__proto__': 1 }, { a: ['b'] }, { 'a":["b': 1 }, ['a', 'b'], ['a,b'], ['a","b'],
    ];
    expect(new Set(values.map((value) => of(value))).size).toBe(values.length);
  });

  test('tells tasks apart, and a task from its input', () => {
    expect(of('x', 'a')).not.toBe(of('x', 'b'));
    expect(digest('a', '"C"')).not.toBe(digest('a"C', '""'));
  });

  test('ignores properties that are undefined, stacks, and whether equal parts are one object', () => {
    expect(of({ a: 1, b: undefined })).toBe(of({ a: 1 }));
    expect(of([new Error('x')])).toBe(of([new Error('x')]));
    const now = new Date(5);
    const part = { now };
    expect(of([part, part, now])).toBe(of([{ now: new Date(5) }, { now: new Date(5) }, new Date(5)]));
  });

  test('takes values with cycles as they are written', () => {
    fc.assert(
      fc.property(graph, (value) => {
        // Not structuredClone: Node 20's fails on some graphs with errors in them.
        expect(of(decode(encode(value, 'value', 1e6)))).toBe(of(value));
      }),
      { numRuns: 300 },
    );
  });

  test('is quick with a small value that unfolds into a huge tree', () => {
    let value: unknown = ['leaf'];
    for (let i = 0; i < 60; i += 1) value = [value, value];
    const start = performance.now();
    expect(of(value)).toBe(of(structuredClone(value)));
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('refuses corrupt text', () => {
    expect(() => digest('a', '{')).toThrow(ValueError);
  });
});

/** Another canonical form, to compare with. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return { list: value.map(sorted) };
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { entries: entries.map(([key, each]) => [key, sorted(each)]) };
}
