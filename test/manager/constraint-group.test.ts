import { describe, expect, it } from 'vitest';
import { type ITaskConstraintGroupOptions, OptionError, TaskConstraintGroup, task } from '../../src/index.js';

describe('the group itself', () => {
  const any = task('any', () => {});
  let now = 10_000;
  const make = (limits: Partial<ITaskConstraintGroupOptions>): TaskConstraintGroup =>
    new TaskConstraintGroup({ name: 'own', constraintKeyForExecution: () => 'k', ...limits }, () => now);

  it('given slots are acquired and released, when asked, then canRun and the count say so, per key', () => {
    const group = make({ maxConcurrent: 2 });
    group.acquireSlot('a');
    expect([group.canRun('a'), group.getRunningCount('a')]).toEqual([true, 1]);
    group.acquireSlot('a');
    expect([group.canRun('a'), group.getRunningCount('a'), group.canRun('b')]).toEqual([false, 2, true]);
    group.releaseSlot('a');
    expect([group.canRun('a'), group.getRunningCount('a')]).toEqual([true, 1]);
    group.reset();
    expect(group.getRunningCount('a')).toBe(0);
    group.releaseSlot('a');
    expect(group.getRunningCount('a')).toBe(0);
  });

  it('given a cooldown, when a slot is released, then it counts down and canRun waits for it', () => {
    const group = make({ cooldownMs: 500 });
    expect(group.getCooldownRemaining('a')).toBe(0);
    group.acquireSlot('a');
    group.releaseSlot('a');
    now += 200;
    expect([group.getCooldownRemaining('a'), group.canRun('a')]).toEqual([300, false]);
    now += 300;
    expect([group.getCooldownRemaining('a'), group.canRun('a')]).toEqual([0, true]);
  });

  it('given a rate, when slots are acquired, then canRun waits for the window', () => {
    const group = make({ rate: { limit: 2, perMs: 1_000 } });
    group.acquireSlot('a');
    group.releaseSlot('a');
    group.acquireSlot('a');
    expect(group.canRun('a')).toBe(false);
    now += 1_000;
    expect(group.canRun('a')).toBe(true);
  });

  it('given the key and should functions, when asked, then the group answers for them', async () => {
    const group = make({
      constraintKeyForExecution: (t) => (t.name === 'any' ? 'mine' : null),
      shouldExecute: () => false,
    });
    expect(group.getConstraintKey(any)).toBe('mine');
    expect(group.getConstraintKey(task('other', () => {}))).toBeNull();
    expect(await group.checkShouldExecute(any)).toBe(false);
    expect(await make({}).checkShouldExecute(any)).toBe(true);
  });

  it('given no limits, when asked, then the defaults are open', () => {
    const { maxConcurrent, cooldownMs, rate, scope, limits } = make({});
    expect({ maxConcurrent, cooldownMs, rate, scope }).toEqual({
      maxConcurrent: Infinity,
      cooldownMs: 0,
      rate: null,
      scope: 'process',
    });
    expect(limits).toEqual({ maxConcurrent: null, cooldownMs: 0, rate: null });
  });

  const refused: readonly (readonly [name: string, options: object, message: RegExp])[] = [
    ['no name', { name: '' }, /name is ""/],
    ['an unknown option', { maxConcurent: 2 }, /'own' has no option 'maxConcurent'. Did you mean 'maxConcurrent'/],
    ['no key function', { constraintKeyForExecution: undefined }, /no constraintKeyForExecution/],
    ['maxConcurrent of 0', { maxConcurrent: 0 }, /maxConcurrent .* is 0/],
    ['maxConcurrent of 1.5', { maxConcurrent: 1.5 }, /is 1.5/],
    ['a negative cooldown', { cooldownMs: -1 }, /cooldownMs .* is -1/],
    ['a cooldown with a unit', { cooldownMs: '5s' }, /cooldownMs .* is 5s/],
    ['a rate of 0', { rate: { limit: 0, perMs: 10 } }, /rate.limit .* is 0/],
    ['a rate without perMs', { rate: { limit: 1 } }, /rate.perMs .* is undefined/],
    ['a rate with another field', { rate: { limit: 1, perms: 10 } }, /no option 'perms'. Did you mean 'perMs'/],
    ['another scope', { scope: 'galaxy' }, /scope/],
    ['a shouldExecute that is no function', { shouldExecute: true }, /shouldExecute/],
  ];
  for (const [name, options, message] of refused) {
    it(`given ${name}, when it is made, then it throws OptionError`, () => {
      expect(() => make(options as never)).toThrow(OptionError);
      expect(() => make(options as never)).toThrow(message);
    });
  }
});
