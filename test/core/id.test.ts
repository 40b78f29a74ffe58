import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionError, ValueError } from '../../src/core/errors.js';
import {
  hash32,
  hashedId,
  idGenerator,
  isJobId,
  keyedId,
  PARTITIONS,
  partitionOf,
  type Random32,
  token,
  uuidv7,
} from '../../src/core/id.js';

/** Repeatable randomness: splitmix32. */
function randomFrom(seed: number): Random32 {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

const random = randomFrom(7);
const now = 1_763_632_800_123;
const partition = fc.nat(PARTITIONS - 1);
const time = fc.nat(2 ** 48 - 1);
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

describe('ids made by time', () => {
  test('hold time, version, variant and partition where they belong', () => {
    expect(uuidv7(0x0123456789ab, () => 0, 0xabc)).toBe('01234567-89ab-7000-8000-000000000abc');
    expect(uuidv7(0x0123456789ab, () => 0xffffffff, 5)).toBe('01234567-89ab-7fff-bfff-fffffffff005');
    fc.assert(
      fc.property(time, partition, (at, p) => {
        const id = uuidv7(at + 0.5, random, p);
        expect(isJobId(id)).toBe(true);
        expect([timeOf(id), partitionOf(id), id[14]]).toEqual([at, p, '7']);
      }),
    );
  });

  test('sort by time, whatever their partitions', () => {
    fc.assert(
      fc.property(time, time, partition, partition, (a, b, p, q) => {
        fc.pre(a < b);
        expect(uuidv7(a, random, p) < uuidv7(b, random, q)).toBe(true);
      }),
    );
  });

  test('of one maker increase, also within a millisecond, across partitions, and when the clock steps back a little', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), partition), { minLength: 2, maxLength: 100 }),
        (seed, steps) => {
          const make = idGenerator(randomFrom(seed));
          let clock = now;
          const ids = steps.map(([step, p]) => {
            clock += step;
            return make(clock, p);
          });
          expect(ids).toEqual([...ids].sort());
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.map(partitionOf)).toEqual(steps.map(([, p]) => p));
          expect(ids.every(isJobId)).toBe(true);
        },
      ),
    );
  });

  test('follow a clock that steps back by more than ten seconds', () => {
    const make = idGenerator(random);
    make(now, 1);
    expect(timeOf(make(now - 10_000, 1))).toBe(now);
    expect(timeOf(make(now - 3_600_000, 1))).toBe(now - 3_600_000);
  });

  test('go on in the next millisecond when the counter is used up', () => {
    const make = idGenerator(() => 0xffffffff);
    expect([make(now, 1), make(now, 1), make(now, 1)].map(timeOf)).toEqual([now, now + 1, now + 2]);
  });

  test('differ between makers', () => {
    const makers = Array.from({ length: 20 }, (_, seed) => idGenerator(randomFrom(seed * 1_000_003)));
    const ids = makers.flatMap((make) => Array.from({ length: 1000 }, () => make(now, 3)));
    expect(new Set(ids).size).toBe(20_000);
  });

  test.each([-1, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY])('a time of %d is refused', (at) => {
    expect(() => uuidv7(at, random, 1)).toThrow(OptionError);
    expect(() => idGenerator(random)(at, 1)).toThrow(OptionError);
  });

  test.each([-1, 4096, 1.5, Number.NaN])('partition %d is refused', (p) => {
    expect(() => uuidv7(now, random, p)).toThrow(OptionError);
    expect(() => keyedId('q', 'k', p)).toThrow(OptionError);
  });
});

describe('ids made by key', () => {
  test('are the same for ever, and carry version 8 and the partition', () => {
    expect(keyedId('images', 'upload-17', 0xabc)).toBe('8eb27d04-1c3b-8ee8-b154-a6e4b4c82abc');
    fc.assert(
      fc.property(fc.string(), fc.string(), partition, (queue, key, p) => {
        const id = keyedId(queue, key, p);
        expect(isJobId(id)).toBe(true);
        expect([partitionOf(id), id[14]]).toEqual([p, '8']);
        expect(keyedId(queue, key, p)).toBe(id);
      }),
    );
  });

  test('differ where queue or key differ, wherever the border between them is', () => {
    const pair = fc.tuple(fc.string({ unit: 'binary', maxLength: 3 }), fc.string({ unit: 'binary', maxLength: 3 }));
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        expect(keyedId(...a, 1) === keyedId(...b, 1)).toBe(a[0] === b[0] && a[1] === b[1]);
      }),
    );
    expect(keyedId('a', 'b,c', 1)).not.toBe(keyedId('a,b', 'c', 1));
    expect(keyedId('a', '"', 1)).not.toBe(keyedId('a"', '', 1));
    expect(keyedId('a', '\ud800', 1)).not.toBe(keyedId('a', '\ud801', 1));
    expect(hashedId(['slot', 's', 1, 2], 1)).not.toBe(hashedId(['slot', 's', '1', 2], 1));
  });
});

describe('what is no id', () => {
  test.each([
    '',
    'upload-17',
    '01234567-89ab-4000-8000-000000000abc',
    '01234567-89ab-7000-c000-000000000abc',
    '01234567-89AB-7000-8000-000000000abc',
    '01234567-89ab-7000-8000-000000000abc\n',
    '01234567-89ab-7000-8000-000000000abcd',
  ])('is told: %j', (text) => {
    expect(isJobId(text)).toBe(false);
  });

  test.each(['', 'upload-17', '01234567-89ab-7000-8000-000000000xyz', '01234567-89ab-7000-8000-000000000 bc'])(
    'has no partition: %j',
    (text) => {
      expect(() => partitionOf(text)).toThrow(ValueError);
    },
  );
});

describe('tokens', () => {
  test('are 22 characters that carry all 128 bits', () => {
    const words = fc.array(fc.nat(0xffffffff), { minLength: 4, maxLength: 4 });
    const of = (given: readonly number[]): string => {
      let next = 0;
      return token(() => given[next++] as number);
    };
    fc.assert(
      fc.property(words, fc.nat(3), fc.nat(31), (given, word, bit) => {
        const flipped = given.with(word, (((given[word] as number) ^ (1 << bit)) >>> 0) as number);
        expect(of(given)).toMatch(/^[\w-]{22}$/);
        expect(of(flipped)).not.toBe(of(given));
      }),
    );
    expect(new Set(Array.from({ length: 10_000 }, () => token(random))).size).toBe(10_000);
  });
});

describe('hash32', () => {
  test('is a whole number of 32 bits, the same for ever', () => {
    expect(hash32('images')).toBe(2_994_904_027);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = hash32(text);
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32 && hash === hash32(text)).toBe(true);
      }),
    );
  });

  test('spreads similar texts evenly, by its high bits and its low ones', () => {
    const high = new Array<number>(16).fill(0);
    const low = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i += 1) {
      const hash = hash32(`job-${i}`);
      high[hash >>> 28] = (high[hash >>> 28] as number) + 1;
      low[hash & 15] = (low[hash & 15] as number) + 1;
    }
    // A thousand each, give or take five standard deviations.
    for (const count of [...high, ...low]) expect(Math.abs(count - 1000)).toBeLessThan(160);
  });
});
