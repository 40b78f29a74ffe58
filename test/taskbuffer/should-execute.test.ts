/** shouldExecute, and what becomes of those that wait, as the document and its decisions have it. */

import { describe, expect, it } from 'vitest';
import { World, watch } from '../engine/world.js';
import { gated } from './gated.js';

const errorName = (seen: { readonly error?: unknown } | undefined): string | undefined =>
  seen?.error instanceof Error ? seen.error.name : undefined;

describe('shouldExecute', () => {
  it('given a group whose key is null, when it is triggered, then it is asked all the same', async () => {
    const world = new World();
    const { trigger, inputs } = gated(world, { constraintKeyForExecution: () => null, shouldExecute: () => false });
    const seen = trigger('a1');
    await world.time.settle();
    expect([seen.isSettled, seen.value, inputs()]).toEqual([true, undefined, []]);
  });

  it('given several groups, when one says false, then it is skipped; when all say true, it runs', async () => {
    const world = new World();
    const answers = { first: true, second: false };
    const { trigger, inputs } = gated(
      world,
      { shouldExecute: () => answers.first },
      { shouldExecute: async () => answers.second },
    );
    trigger('a1');
    await world.time.settle();
    expect(inputs()).toEqual([]);
    answers.second = true;
    trigger('a2');
    await world.time.settle();
    expect(inputs()).toEqual(['a2']);
  });

  it('given it is asked, when it looks, then the slots are held; a waiting run is asked when its turn comes, not before', async () => {
    const world = new World();
    const asked: string[] = [];
    const counts: unknown[] = [];
    let isWanted = true;
    const shouldExecute = async (_task: unknown, input?: string): Promise<boolean> => {
      asked.push(input ?? '');
      counts.push(own.groups[0]?.getRunningCount('a'));
      return isWanted;
    };
    const own = gated(world, { shouldExecute });
    own.trigger('a1');
    const second = own.trigger('a2');
    await world.time.settle();
    expect([asked, counts]).toEqual([['a1'], [1]]);
    isWanted = false;
    await own.end('a1');
    expect([asked, second.isSettled, second.value, own.inputs()]).toEqual([['a1', 'a2'], true, undefined, ['a1']]);
    expect(own.groups[0]?.getRunningCount('a')).toBe(0);
  });

  it('given it throws or rejects, when it is asked, then the caller rejects, the slots are free, and the next runs', async () => {
    const world = new World();
    const shouldExecute = (_task: unknown, input?: string): boolean => {
      if (input === 'a1') throw new Error('no answer');
      return true;
    };
    const { trigger, inputs, groups } = gated(world, { cooldownMs: 1_000, shouldExecute });
    const [first] = ['a1', 'a2'].map(trigger);
    await world.time.settle();
    expect([String(first?.error), inputs()]).toEqual(['Error: no answer', ['a2']]);
    expect(groups[0]?.getRunningCount('a')).toBe(1);
  });
});

describe('a queue in the middle', () => {
  it('given stop, when some wait, then they still run in their turn', async () => {
    const world = new World();
    const { manager, trigger, inputs, end } = gated(world, {});
    await manager.start();
    const seen = ['a1', 'a2'].map(trigger);
    await manager.stop();
    await end('a1');
    await end('a2');
    expect([inputs(), seen.map(({ value }) => value)]).toEqual([
      ['a1', 'a2'],
      ['did a1', 'did a2'],
    ]);
  });

  it('given close, when some wait, then those reject at once, what runs may end, and no more is taken', async () => {
    const world = new World();
    const { manager, trigger, inputs, end } = gated(world, {});
    const [first, second] = ['a1', 'a2'].map(trigger);
    const closing = watch(manager.close());
    await world.time.settle();
    expect([errorName(second), first?.isSettled, closing.isSettled]).toEqual(['ClosedError', false, false]);
    await end('a1');
    await world.time.advance('1s');
    expect([first?.value, closing.isSettled, inputs()]).toEqual(['did a1', true, ['a1']]);
    const late = trigger('b1');
    await world.time.settle();
    expect(errorName(late)).toBe('ClosedError');
  });

  it('given close with a limit, when a run ignores its signal, then it rejects with ShuttingDownError in the end', async () => {
    const world = new World();
    const { manager, trigger } = gated(world, {});
    const seen = trigger('a1');
    const closing = watch(manager.close({ timeout: '1s' }));
    await world.time.advance('1m');
    expect([errorName(seen), closing.isSettled]).toEqual(['ShuttingDownError', true]);
  });
});
