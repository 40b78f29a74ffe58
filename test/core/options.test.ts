import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import { checkOptions, nearest, nonEmptyString, wholeNumber } from '../../src/core/options.js';

describe('nearest', () => {
  const known = ['concurrency', 'store', 'tasks', 'leaseMs'];
  const cases: readonly (readonly [given: string, suggested: string | null])[] = [
    ['concurency', 'concurrency'],
    ['CONCURRENCY', 'concurrency'],
    ['stroe', 'store'],
    ['task', 'tasks'],
    ['leasems', 'leaseMs'],
    ['something', null],
    ['', null],
    ['backoff', null],
  ];
  for (const [given, suggested] of cases) {
    it(`given '${given}', when the nearest is asked, then ${suggested ?? 'none'}`, () => {
      expect(nearest(given, known)).toBe(suggested);
    });
  }

  it('given no candidates, when asked, then none', () => {
    expect(nearest('x', [])).toBeNull();
  });
});

describe('checks of options', () => {
  it('given an unknown option, when checked, then the error quotes it and suggests, or lists what is known', () => {
    expect(() => checkOptions('thing', { a: 1, b: undefined }, ['a', 'b'])).not.toThrow();
    expect(() => checkOptions('thing', { stroe: 1 }, ['store'])).toThrow(
      "thing has no option 'stroe'. Did you mean 'store'?",
    );
    expect(() => checkOptions('thing', { somethingElse: 1 }, ['store', 'tasks'])).toThrow(
      "thing has no option 'somethingElse'. Known: store, tasks.",
    );
  });

  it('given numbers, when a whole one in a range is wanted, then only those pass', () => {
    expect(wholeNumber(5, 'n', 1, 10)).toBe(5);
    for (const value of [0, 11, 1.5, Number.NaN, Infinity, '5', null, undefined, 5n]) {
      expect(() => wholeNumber(value, 'n', 1, 10)).toThrow(OptionError);
    }
    expect(() => wholeNumber(-1, 'n', 0)).toThrow('n is -1; it must be a whole number of 0 or more.');
    expect(() => wholeNumber(11, 'n', 1, 10)).toThrow('n is 11; it must be a whole number from 1 to 10.');
  });

  it('given texts, when a name is wanted, then empty, long, NUL and other types are refused', () => {
    expect(nonEmptyString('a', 'name')).toBe('a');
    for (const value of ['', 'x'.repeat(513), 'a\0', 5, null, undefined, {}, Symbol('s')]) {
      expect(() => nonEmptyString(value, 'name')).toThrow(OptionError);
    }
  });
});
