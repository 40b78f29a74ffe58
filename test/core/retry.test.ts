import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import { maxAttempts, type RetryOptions, retryPolicy } from '../../src/core/retry.js';

const waits = (backoff: RetryOptions['backoff'], random = 0): number[] => {
  const policy = retryPolicy({ backoff });
  return [1, 2, 3, 4, 5].map((attempt) => policy.delayMs(attempt, null, () => random));
};

describe('retry', () => {
  it('given the forms of backoff, when attempts fail, then they wait as said', () => {
    expect(waits('10s')).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
    expect(waits(0)).toEqual([0, 0, 0, 0, 0]);
    expect(waits(['1s', 5, '1m'])).toEqual([1_000, 5, 60_000, 60_000, 60_000]);
    expect(waits((attempt) => `${attempt}s`)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(waits({ type: 'exponential', first: 100, factor: 10, max: '1m', jitter: 0 })).toEqual([
      100, 1_000, 10_000, 60_000, 60_000,
    ]);
    expect(waits(undefined, 0)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(waits(undefined, 1)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it('given any exponential backoff and any attempt, when it fails, then the wait is a number between its share of jitter and its most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (first, factor, max, jitter, attempt, random) => {
          const wait = retryPolicy({ backoff: { type: 'exponential', first, factor, max, jitter } }).delayMs(
            attempt,
            null,
            () => random,
          );
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(max);
          if (attempt === 1) expect(wait).toBeGreaterThanOrEqual(Math.floor(Math.min(first, max) * (1 - jitter)));
        },
      ),
      { seed: 3 },
    );
  });

  it('given attempts, when they are read, then Infinity is without end and the rest whole numbers from 1', () => {
    expect([maxAttempts(1), maxAttempts(7), maxAttempts(Infinity), retryPolicy().maxAttempts]).toEqual([1, 7, null, 3]);
    for (const attempts of [0, -1, 1.5, Number.NaN, '3' as never])
      expect(() => maxAttempts(attempts)).toThrow(OptionError);
  });

  const refused: readonly (readonly [name: string, backoff: unknown, message: RegExp])[] = [
    ['no duration', 'soon', /retry.backoff is "soon"/],
    ['a negative wait', -1, /retry.backoff is -1/],
    ['an empty list', [], /empty list/],
    ['a bad wait in a list', ['1s', 'x'], /retry.backoff\[1\] is "x"/],
    ['another type', { type: 'linear' }, /give a duration, a list/],
    ['a factor below 1', { type: 'exponential', factor: 0.5 }, /factor is 0.5/],
    ['a jitter above 1', { type: 'exponential', jitter: 2 }, /jitter is 2/],
    ['a bad first', { type: 'exponential', first: 'x' }, /backoff.first/],
    ['an unknown field', { type: 'exponential', frist: '1s' }, /frist/],
  ];
  for (const [name, backoff, message] of refused) {
    it(`given ${name}, when the policy is made, then OptionError says so`, () => {
      expect(() => retryPolicy({ backoff: backoff as never })).toThrow(OptionError);
      expect(() => retryPolicy({ backoff: backoff as never })).toThrow(message);
    });
  }
});
