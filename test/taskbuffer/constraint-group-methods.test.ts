/** The document's tables on TaskConstraintGroup: its options, and its methods by hand. */

import { OptionError, Task, TaskConstraintGroup } from 'taskspan';
import { describe, expect, it } from 'vitest';

const task = new Task<undefined, [], { domain: string }>({
  name: 't',
  data: { domain: 'a.com' },
  taskFunction: async () => {},
});
const byDomain = ({ data }: { readonly data: { readonly domain: string } }): string => data.domain;

/** A group whose clock stands still. */
function group(options: object = {}) {
  const clock = { now: 1_000 };
  const own = new TaskConstraintGroup<{ domain: string }>(
    { name: 'g', constraintKeyForExecution: byDomain, ...options },
    () => clock.now,
  );
  return { own, clock };
}

describe('options', () => {
  it('given only what is required, when it is made, then the defaults hold', () => {
    const { own } = group();
    expect([own.name, own.maxConcurrent, own.cooldownMs]).toEqual(['g', Infinity, 0]);
    for (let i = 0; i < 100; i++) own.acquireSlot('k');
    expect(own.canRun('k')).toBe(true);
  });

  it.each([
    [{ name: '' }, /name/],
    [{ name: undefined }, /name/],
    [{ constraintKeyForExecution: undefined }, /has no constraintKeyForExecution/],
    [{ maxConcurrent: 0 }, /maxConcurrent of constraint group 'g' is 0/],
    [{ maxConcurrent: -1 }, /maxConcurrent.* is -1/],
    [{ maxConcurrent: 1.5 }, /maxConcurrent.* is 1.5/],
    [{ maxConcurrent: Number.NaN }, /maxConcurrent/],
    [{ maxConcurrent: null }, /maxConcurrent/],
    [{ cooldownMs: -1 }, /cooldownMs of constraint group 'g' is -1/],
    [{ cooldownMs: Infinity }, /cooldownMs/],
    [{ cooldownMs: '11s' }, /cooldownMs/],
    [{ shouldExecute: true }, /shouldExecute of constraint group 'g' is boolean/],
    [{ maxConcurent: 1 }, /Did you mean 'maxConcurrent'/],
  ])('given %o, when it is made, then OptionError says so', (options, message) => {
    expect(() => group(options)).toThrow(OptionError);
    expect(() => group(options)).toThrow(message);
  });

  it('given Infinity, when it is made, then that is no limit', () => {
    expect(group({ maxConcurrent: Infinity }).own.maxConcurrent).toBe(Infinity);
  });
});

describe('getConstraintKey', () => {
  it('given task and input, when it is asked, then the function had both', () => {
    const constraintKeyForExecution = (own: typeof task, input?: string): string => `${own.data.domain}/${input}`;
    expect(group({ constraintKeyForExecution }).own.getConstraintKey(task, 'in')).toBe('a.com/in');
  });

  it.each([null, undefined])('given %s, when it is asked, then no constraint applies', (key) => {
    expect(group({ constraintKeyForExecution: () => key }).own.getConstraintKey(task)).toBeNull();
  });

  it('given an empty text, when it is asked, then that is a key as any other', () => {
    expect(group({ constraintKeyForExecution: () => '' }).own.getConstraintKey(task)).toBe('');
  });

  it.each([17, {}, true, 'x'.repeat(1_025), 'a\0b'])(
    'given %o, when it is asked, then OptionError names group and task',
    (key) => {
      const { own } = group({ constraintKeyForExecution: () => key });
      expect(() => own.getConstraintKey(task)).toThrow(/constraintKeyForExecution of group 'g' returned .* task 't'/);
    },
  );

  it('given a function that throws, when it is asked, then that is thrown', () => {
    const constraintKeyForExecution = (): string => {
      throw new Error('no key');
    };
    expect(() => group({ constraintKeyForExecution }).own.getConstraintKey(task)).toThrow('no key');
  });
});

describe('checkShouldExecute', () => {
  it('given none, when it is asked, then true', async () => {
    expect(await group().own.checkShouldExecute(task)).toBe(true);
  });

  it.each([true, false])('given it answers %s, now or later, when it is asked, then that', async (answer) => {
    expect(await group({ shouldExecute: () => answer }).own.checkShouldExecute(task)).toBe(answer);
    expect(await group({ shouldExecute: async () => answer }).own.checkShouldExecute(task)).toBe(answer);
  });

  it('given task and input, when it is asked, then it had both; and what it throws rejects', async () => {
    const seen: unknown[] = [];
    const shouldExecute = (...args: unknown[]): boolean => {
      seen.push(...args);
      throw new Error('no answer');
    };
    await expect(group({ shouldExecute }).own.checkShouldExecute(task, 'in')).rejects.toThrow('no answer');
    expect(seen).toEqual([task, 'in']);
  });
});

describe('slots by hand', () => {
  it('given a limit, when slots are taken and freed, then canRun and getRunningCount follow, for each key apart', () => {
    const { own } = group({ maxConcurrent: 2 });
    expect([own.canRun('k'), own.getRunningCount('k')]).toEqual([true, 0]);
    own.acquireSlot('k');
    expect([own.canRun('k'), own.getRunningCount('k')]).toEqual([true, 1]);
    own.acquireSlot('k');
    expect([own.canRun('k'), own.getRunningCount('k'), own.canRun('other')]).toEqual([false, 2, true]);
    own.releaseSlot('k');
    expect([own.canRun('k'), own.getRunningCount('k'), own.getRunningCount('other')]).toEqual([true, 1, 0]);
  });

  it('given a cooldown, when a slot is freed, then it counts from then', () => {
    const { own, clock } = group({ maxConcurrent: 1, cooldownMs: 500 });
    expect(own.getCooldownRemaining('k')).toBe(0);
    own.acquireSlot('k');
    clock.now += 10_000;
    expect(own.getCooldownRemaining('k')).toBe(0);
    own.releaseSlot('k');
    expect([own.getCooldownRemaining('k'), own.canRun('k')]).toEqual([500, false]);
    clock.now += 499;
    expect([own.getCooldownRemaining('k'), own.canRun('k'), own.canRun('other')]).toEqual([1, false, true]);
    clock.now += 1;
    expect([own.getCooldownRemaining('k'), own.canRun('k')]).toEqual([0, true]);
  });

  it('given slots and cooldowns, when it is reset, then nothing of them is left', () => {
    const { own } = group({ maxConcurrent: 1, cooldownMs: 500 });
    own.acquireSlot('cooling');
    own.releaseSlot('cooling');
    own.acquireSlot('running');
    own.reset();
    expect([own.canRun('cooling'), own.getCooldownRemaining('cooling')]).toEqual([true, 0]);
    expect([own.canRun('running'), own.getRunningCount('running')]).toEqual([true, 0]);
  });

  it('given no slot that was taken, when one is freed, then there are no fewer than none', () => {
    const { own } = group({ maxConcurrent: 1 });
    own.releaseSlot('k');
    own.acquireSlot('k');
    expect([own.getRunningCount('k'), own.canRun('k')]).toEqual([1, false]);
  });

  it('given a thousand keys that nobody needs any more, when others come, then each still answers', () => {
    const { own, clock } = group({ maxConcurrent: 1, cooldownMs: 500 });
    for (let i = 0; i < 1_000; i++) {
      own.acquireSlot(`k${i}`);
      own.releaseSlot(`k${i}`);
      clock.now += 1;
    }
    expect([
      own.getCooldownRemaining('k999'),
      own.getCooldownRemaining('k600'),
      own.getCooldownRemaining('k0'),
    ]).toEqual([499, 100, 0]);
  });
});
