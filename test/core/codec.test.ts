import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/core/codec/index.js';
import { StoreError, TaskspanError, TooLargeError, ValueError } from '../../src/core/errors.js';
import { anyValue, graph, isSame, jsonValue } from './values.js';

const limit = 98_304;
const pass = <T>(value: T): T => decode(encode(value, 'input', limit)) as T;
const refuse = (value: unknown): string => {
  try {
    encode(value, 'input', limit);
  } catch (error) {
    expect(error).toBeInstanceOf(ValueError);
    return (error as ValueError).message;
  }
  throw new Error('it was not refused');
};

describe('what JSON carries', () => {
  test('is stored as JSON, readable in the store', () => {
    expect(encode({ id: 1, name: 'x', tags: ['a', null, true] }, 'input', limit)).toBe(
      '{"id":1,"name":"x","tags":["a",null,true]}',
    );
    expect(encode('x', 'input', limit)).toBe('"x"');
    expect(encode(null, 'input', limit)).toBe('null');
  });

  test('comes back the same, whatever it is', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const text = encode(value, 'input', limit);
        expect(text).toBe(JSON.stringify(value));
        expect(isSame(value, decode(text))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('text that only looks like an escape is no reason to refuse', () => {
    for (const text of ['\\u0000', '\\\\ud800', '\u0001', '\u001b[31m', '💥', '\u2028']) expect(pass(text)).toBe(text);
  });

  test('an object without a prototype comes back with the usual one', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(encode(bare, 'input', limit)).toBe('{"a":1}');
    expect(Object.getPrototypeOf(pass({ bare, at: new Date(1) }).bare)).toBe(Object.prototype);
  });

  test('what is referenced twice is written twice', () => {
    const part = { a: 1 };
    expect(encode([part, part], 'input', limit)).toBe('[{"a":1},{"a":1}]');
  });
});

describe('what JSON does not carry', () => {
  test('undefined is stored as null, and its text is undefined again', () => {
    expect(encode(undefined, 'result', limit)).toBeNull();
    expect(decode(null)).toBeUndefined();
  });

  test('is marked by what no JSON begins with, and the number of its codec', () => {
    expect(encode({ at: new Date(0) }, 'input', limit)).toBe('~1:[[1],{"at":2},["Date","1970-01-01T00:00:00.000Z"]]');
  });

  test('comes back the same, whatever it is', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(isSame(value, pass(value))).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test('comes back with its cycles, and with one object where there was one', () => {
    fc.assert(
      fc.property(graph, (value) => {
        expect(isSame(value, pass(value))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('a cycle of plain objects', () => {
    const parent: { name: string; children: unknown[] } = { name: 'p', children: [] };
    parent.children.push({ parent });
    const back = pass(parent);
    expect((back.children[0] as { parent: unknown }).parent).toBe(back);
  });

  test('a small value that unfolds into a huge tree is written once', () => {
    let value: unknown = ['leaf'];
    for (let i = 0; i < 60; i += 1) value = [value, value];
    const text = encode(value, 'input', limit) as string;
    expect(text.length).toBeLessThan(1_000);
    expect(isSame(value, decode(text))).toBe(true);
  });

  test('an array of one item and four billion holes', () => {
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = 'end';
    const back = pass(sparse);
    expect(back.length).toBe(4_000_000_001);
    expect(Object.keys(back)).toEqual(['4000000000']);
    expect(pass(new Array(3))).toStrictEqual(new Array(3));
  });

  test('a view carries the bytes it shows, not the buffer behind it', () => {
    const secret = new TextEncoder().encode('secret-visible');
    const view = new Uint8Array(secret.buffer, 7);
    const text = encode(view, 'input', limit) as string;
    const back = decode(text) as Uint8Array;
    expect(new TextDecoder().decode(back)).toBe('visible');
    expect(back.buffer.byteLength).toBe(7);
  });

  test("Node's Buffer comes back as one", () => {
    const back = pass({ file: Buffer.from('abc') });
    expect(Buffer.isBuffer(back.file)).toBe(true);
    expect(back.file.toString()).toBe('abc');
  });

  test('values of another realm, as under Jest, count like our own', () => {
    const foreign = runInNewContext(
      '({ list: [1], at: new Date(5), map: new Map([[1, { a: 2 }]]), error: new TypeError("no") })',
    ) as {
      error: Error;
    };
    const back = pass(foreign);
    expect(back).toMatchObject({ list: [1], at: new Date(5), map: new Map([[1, { a: 2 }]]) });
    expect(back.error).toMatchObject({ name: 'TypeError', message: 'no' });
  });
});

describe('errors', () => {
  test('keep class, name, message, stack, code and cause', () => {
    const error = Object.assign(new RangeError('too far', { cause: { limit: 5 } }), { code: 'ERR_FAR' });
    const back = pass({ error }).error;
    expect(back).toBeInstanceOf(RangeError);
    expect(back).toMatchObject({
      name: 'RangeError',
      message: 'too far',
      code: 'ERR_FAR',
      cause: { limit: 5 },
      stack: error.stack,
    });
    expect(Object.keys(back)).toEqual(['code']);
  });

  test('of a class of your own come back as the standard class that it extends, under its name', () => {
    class HttpError extends TypeError {
      readonly status = 503;
      override readonly name = 'HttpError';
    }
    const back = pass([new HttpError('down')])[0] as Error;
    expect(Object.getPrototypeOf(back)).toBe(TypeError.prototype);
    expect(back).toMatchObject({ name: 'HttpError', message: 'down' });
    expect('status' in back).toBe(false);
  });

  test('several in one, and an abort reason', () => {
    const back = pass(new AggregateError([new TypeError('a'), 'b'], 'all failed'));
    expect(back).toBeInstanceOf(AggregateError);
    expect(back.errors).toEqual([new TypeError('a'), 'b']);
    expect(pass(AbortSignal.abort().reason)).toMatchObject({
      name: 'AbortError',
      message: 'This operation was aborted',
    });
  });

  test('a cause that leads back to its error', () => {
    const error = new Error('outer');
    error.cause = { inner: new Error('inner', { cause: error }) };
    const back = pass(error);
    expect((back.cause as { inner: Error }).inner.cause).toBe(back);
  });
});

describe('__proto__', () => {
  const hostile = '{"__proto__":{"polluted":true},"nested":{"__proto__":{"polluted":true},"~__proto__":1}}';

  test.each([
    ['plain', {}],
    ['not plain', { at: new Date(1) }],
  ])('is data in a value that is %s', (_name, more) => {
    const value = Object.assign(JSON.parse(hostile) as { nested: object }, more);
    const back = pass(value);
    expect(isSame(value, back)).toBe(true);
    expect(Object.hasOwn(back, '__proto__') && Object.hasOwn(back.nested, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect((back as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('what no store can carry is refused with its path', () => {
  class Avatar {
    readonly url = 'x';
  }

  test.each([
    ['a function', { user: { avatar: function upload() {} } }, 'input.user.avatar is a function (upload)'],
    ['a method', { user: { toJSON: () => 1 } }, 'input.user.toJSON is a function (toJSON)'],
    ['a symbol', { list: [1, Symbol('s')] }, 'input.list[1] is a symbol'],
    ['a class instance', { user: { avatar: new Avatar() } }, 'input.user.avatar is an instance of class Avatar'],
    [
      'a subclass of a built-in',
      { list: new (class Stack extends Array {})() },
      'input.list is an instance of class Stack',
    ],
    ['a prototype of its own', Object.create({ a: 1 }), 'input is an object with a prototype of its own'],
    ['a promise', { 'the user': Promise.resolve(1) }, 'input["the user"] is a Promise'],
    ['a WeakMap', new Map([['k', new WeakMap()]]), 'input.get("k") is a WeakMap'],
    ['a URL', new Set([0, new URL('http://a.b')]), 'input.values()[1] is a URL'],
    ["a Map's key", new Map([[Avatar, 1]]), 'is a function (Avatar)'],
    ["an error's cause", new Error('x', { cause: new Avatar() }), 'input.cause is an instance of class Avatar'],
    ['shared memory', { mem: new Uint8Array(new SharedArrayBuffer(1)) }, 'input.mem is a SharedArrayBuffer'],
    ['a boxed symbol', { s: Object(Symbol('s')) }, 'input.s is an instance of class Symbol'],
    ['U+0000', { user: { name: 'a\0b' } }, 'input.user.name contains the character U+0000'],
    ['U+0000 in a value that is not plain', [new Date(1), 'a\0b'], 'input[1] contains the character U+0000'],
    ['a lone surrogate', ['ok', 'half \ud83d'], 'input[1] contains a lone surrogate'],
    ['a lone low surrogate', ['\udca5'], 'input[0] contains a lone surrogate'],
    ['U+0000 in a key', { user: { 'a\0b': 1 } }, 'input.user has a key with the character U+0000'],
    ['a lone surrogate in an error', [new Error('\ud800')], 'input[0] contains a lone surrogate'],
  ])('%s', (_name, value, message) => {
    expect(refuse(value)).toContain(message);
  });

  test('every message says what to do', () => {
    expect(refuse({ a: () => 1 })).toMatch(/Keep code in the task/);
    expect(refuse(new Avatar())).toMatch(/plain object/);
    expect(refuse(Promise.resolve())).toMatch(/Await it/);
    expect(refuse('\0')).toMatch(/Remove it/);
  });

  test('a getter is read; one that throws is named, and its error kept', () => {
    expect(
      pass({
        get a() {
          return 1;
        },
      }),
    ).toEqual({ a: 1 });
    const thrown = new Error('no');
    const value = {
      user: {
        get name(): string {
          throw thrown;
        },
      },
    };
    expect(refuse(value)).toBe("input.user.name can't be read: Error: no");
    expect(() => encode(value, 'input', limit)).toThrow(expect.objectContaining({ cause: thrown }) as Error);
  });

  test('a buffer that was transferred away', () => {
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    expect(refuse({ buffer })).toContain("input.buffer can't be read");
  });

  test('symbol keys, hidden properties and named properties of arrays are left out', () => {
    const value = Object.assign([1], { index: 2 });
    expect(
      pass(Object.defineProperty({ [Symbol('s')]: 1, list: value, at: new Date(1) }, 'hidden', { value: 1 })),
    ).toStrictEqual({
      list: [1],
      at: new Date(1),
    });
  });

  test('a symbol key that claims another class is left out like any', () => {
    expect(pass({ [Symbol.toStringTag]: 'Map', at: new Date(1) })).toStrictEqual({ at: new Date(1) });
  });

  test.each(['array', 'object', 'map', 'cause'])('100,000 levels of %s', (kind) => {
    let value: unknown = 0;
    for (let i = 0; i < 100_000; i += 1) {
      if (kind === 'array') value = [value];
      else if (kind === 'object') value = { a: value };
      else value = kind === 'map' ? new Map([[1, value]]) : Object.assign(new Error('x'), { cause: value });
    }
    expect(refuse(value)).toContain('nested more than 500 levels deep');
    expect(refuse(value).length).toBeLessThan(500);
  });

  test('500 levels are carried', () => {
    let value: unknown = 0;
    for (let i = 0; i < 500; i += 1) value = i % 2 === 0 ? [value] : { a: value };
    expect(isSame(value, pass(value))).toBe(true);
    const mixed = new Map([[new Date(1), (value as { a: unknown }).a]]);
    expect(isSame(mixed, pass(mixed))).toBe(true);
    expect(refuse([value])).toContain('500 levels');
  });
});

describe('size', () => {
  test('counts bytes of UTF-8, at the limit exactly', () => {
    const euros = '€'.repeat(10); // 30 bytes and two quotes
    expect(encode(euros, 'input', 32)).toBe(`"${euros}"`);
    expect(() => encode(euros, 'input', 31)).toThrow(TooLargeError);
    expect(() => encode(euros, 'input', 31)).toThrow(
      expect.objectContaining({ sizeBytes: 32, limitBytes: 31 }) as Error,
    );
    expect(() => encode(new Uint8Array(100), 'result', 100)).toThrow(/^result takes \d+ bytes/);
    expect(() => encode(Array(100_000).fill(0), 'input', limit)).toThrow(TooLargeError);
  });

  test('is checked before parsing, if asked for', () => {
    expect(() => decode('[1,', 2)).toThrow(TooLargeError);
    expect(decode('[1]', 3)).toEqual([1]);
  });
});

describe('text that encode did not make', () => {
  test.each([
    '',
    '{',
    'undefined',
    '~',
    '~1',
    '~1:',
    '~0:1',
    '~x:1',
    '~1:5',
    '~1:-1',
    '~1:[]',
    '~1:[[]]',
    '~1:[[1,2],0]',
    '~1:[[1,2,3],"no error",{"cause":0},{}]',
    '~1:[[1],{"__proto__":2},{"polluted":3},true]',
    '~1:[[1],["null","__proto__",2],{"polluted":3},true]',
    '~1:[[1],["Error",2],[3,3,3,3],"x"]',
    '~1:[[1],["Error",1]]',
    '~1:[[1],["Buffer",2],"x"]',
    '~1:[[1],["URL","http://a.b"]]',
    '~1:[[1],["Function","x"]]',
    '~1:[[1],["RegExp","(","g"]]',
    '~1:[[1],["Uint8Array",2],99999999999]',
    '~1:[[1],["BigInt","x"]]',
  ])('is a ValueError: %s', (text) => {
    expect(() => decode(text)).toThrow(ValueError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('nested a hundred thousand deep is a ValueError', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => `[${i + 1}]`).join(',');
    for (const text of ['['.repeat(100_000), `~1:${'['.repeat(100_000)}`, `~1:[${chain},1]`]) {
      expect(() => decode(text)).toThrow(ValueError);
    }
  });

  test('that is no text is a ValueError', () => {
    for (const value of [undefined, 1, {}, Buffer.from('1')])
      expect(() => decode(value as unknown as string)).toThrow(ValueError);
  });

  test('of a later codec says that an upgrade is due', () => {
    expect(() => decode('~2:x')).toThrow(StoreError);
    expect(() => decode('~17:x')).toThrow(expect.objectContaining({ code: 'NEWER_VERSION' }) as Error);
  });

  test('never does worse than a typed error', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const cut = fc
      .tuple(anyValue, fc.nat(), fc.nat(20), fc.string({ maxLength: 6 }))
      .map(([value, at, length, put]) => {
        const text = `~1:${(encode([value, -0], 'input', limit) as string).slice(3)}`;
        const start = at % text.length;
        return text.slice(0, start) + put + text.slice(start + length);
      });
    const flat = fc.jsonValue().map((value) => `~1:${JSON.stringify([[1], value])}`);
    fc.assert(
      fc.property(fc.oneof(cut, flat, fc.string()), (text) => {
        try {
          decode(text);
        } catch (error) {
          expect(error).toBeInstanceOf(TaskspanError);
        }
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
      }),
      { numRuns: 2000 },
    );
  });
});

test('given data under the name of a method that every object has, when it is carried, then it is data', () => {
  const value = { valueOf: [], toString: 1, toJSON: null, hasOwnProperty: new Date(5) };
  expect(isSame(value, decode(encode(value, 'input', 1_000)))).toBe(true);
});
