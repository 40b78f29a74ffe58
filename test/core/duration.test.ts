import { describe, expect, it } from 'vitest';
import { durationMs } from '../../src/core/duration.js';
import { OptionError } from '../../src/core/errors.js';

describe('a duration', () => {
  const good: readonly (readonly [given: number | string, ms: number])[] = [
    [0, 0],
    [1.5, 1.5],
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    [' 3 s ', 3_000],
  ];
  for (const [given, ms] of good) {
    it(`given ${JSON.stringify(given)}, when it is read, then ${ms} ms`, () => {
      expect(durationMs(given, 'it')).toBe(ms);
    });
  }

  for (const given of [
    -1,
    Number.NaN,
    Infinity,
    '',
    '5',
    'm',
    '5 minutes',
    '-5s',
    '5M',
    '1e3s',
    '.5s',
    '5s5m',
    null,
    undefined,
    {},
    5n,
  ]) {
    it(`given ${String(given)} (${typeof given}), when it is read, then OptionError names the option`, () => {
      expect(() => durationMs(given as never, 'timeout')).toThrow(OptionError);
      expect(() => durationMs(given as never, 'timeout')).toThrow(/^timeout is /);
    });
  }

  it('given a duration of more digits than a number holds, when it is read, then it is refused', () => {
    expect(() => durationMs(`${'9'.repeat(400)}s`, 'timeout')).toThrow(OptionError);
  });
});
