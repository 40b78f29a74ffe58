/** JSON that comes in, and JSON that goes out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInput } from '../../src/cli/json-input.js';
import { jsonable } from '../../src/cli/print/json.js';

describe('JSON that a person typed', () => {
  it.each([
    ['{"a": 1,}', 1, 9, /"}" can't stand there/],
    ['{a: 1}', 1, 2, /"a" can't stand there/],
    ["{'a': 1}", 1, 2, /"'" can't stand there/],
    ['[1, 2', 1, 6, /ends too early/],
    ['{"a" 1}', 1, 6, /"1" can't stand there/],
    ['[1 2]', 1, 4, /"2" can't stand there/],
    ['[1]]', 1, 4, /"\]" can't stand there/],
    ['{"a": [}', 1, 8, /"}" can't stand there/],
    ['{"a": 01}', 1, 7, /"0" can't stand there/],
    ['nope', 1, 1, /"n" can't stand there/],
    ['{\n  "a": 1,\n  b\n}', 3, 3, /"b" can't stand there/],
    ['["open', 1, 2, /no end/],
    ['NaN', 1, 1, /"N" can't stand there/],
  ])('given %j, when it is read, then line %d and column %d are named', (text, line, column, what) => {
    expect(() => parseInput(text, 'INPUT')).toThrow(what);
    expect(() => parseInput(text, 'INPUT')).toThrow(`INPUT is no JSON`);
    expect(() => parseInput(text, 'INPUT')).toThrow(`(line ${line}, column ${column})`);
  });

  it('given nothing, when it is read, then that is said, with an example', () => {
    expect(() => parseInput(' \n', 'stdin')).toThrow(/stdin is empty; it must be JSON. Quote it/);
  });

  it.each([
    ['a text without an end', `["${'x'.repeat(10_000_000)}`, 2, /no end/],
    ['a slip after a text', `["${'x\\n😀'.repeat(2_000_000)}" 1]`, 10_000_005, /"1" can't stand there/],
    ['a slip after blanks', `[${' '.repeat(10_000_000)}}`, 10_000_002, /"}" can't stand there/],
    ['a slip after digits', `[${'1'.repeat(10_000_000)}}`, 10_000_002, /"}" can't stand there/],
  ])('given %s, among 10 MB, when it is read, then the place is named all the same', (_, text, column, what) => {
    const read = (): unknown => parseInput(text, 'INPUT');
    expect(read).toThrow(what);
    expect(read).toThrow(`(line 1, column ${column})`);
  });

  it('given any JSON with one character taken out or put in, when it is refused, then the place lies in the text', () => {
    const edit = fc.record({
      value: fc.json(),
      at: fc.nat(),
      insert: fc.constantFrom('', ',', '}', '"', 'x', ':', '['),
    });
    fc.assert(
      fc.property(edit, ({ value, at, insert }) => {
        const i = at % (value.length + 1);
        const text = value.slice(0, i) + insert + value.slice(insert === '' ? i + 1 : i);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (isJson) expect(parseInput(text, 'INPUT')).toEqual(JSON.parse(text));
        else expect(() => parseInput(text, 'INPUT')).toThrow(/INPUT is (empty|no JSON: .* \(line \d+, column \d+\))/);
      }),
    );
  });
});

describe('a value as JSON', () => {
  it.each([
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date(Number.NaN), null],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1n],
        [{ k: 1 }, new Set([2])],
      ]),
      [
        ['a', '1'],
        [{ k: 1 }, [2]],
      ],
    ],
    ['bytes', Uint8Array.from([1, 2, 255]).subarray(1), 'Av8='],
    ['a buffer of its own', Uint8Array.from([1, 2]).buffer, 'AQI='],
    ['numbers beyond JSON', [Number.NaN, -Infinity, -0], [null, null, -0]],
    ['a hole and undefined', [undefined, { a: undefined }], [null, { a: null }]],
    ['a pattern', /a+/gi, '/a+/gi'],
    ['boxes', [Object(1), Object('x'), Object(1n)], [1, 'x', '1']],
    ['a field named valueOf', { valueOf: 3 }, { valueOf: 3 }],
  ])('given %s', (_, value, expected) => {
    expect(jsonable(value)).toEqual(expected);
  });

  it('given an error with a cause and a code, then its fields are there', () => {
    const error = Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E_NO' });
    expect(jsonable(error)).toMatchObject({
      name: 'TypeError',
      message: 'no',
      code: 'E_NO',
      cause: { message: 'why' },
    });
  });

  it('given a cycle, then it is named, and what is only there twice is there twice', () => {
    const shared = { n: 1 };
    const circle: Record<string, unknown> = { a: shared, b: shared };
    circle.self = circle;
    expect(jsonable(circle)).toEqual({ a: { n: 1 }, b: { n: 1 }, self: '[Circular]' });
  });
});
