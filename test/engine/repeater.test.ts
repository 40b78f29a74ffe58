import { describe, expect, it } from 'vitest';
import { Repeater } from '../../src/engine/repeater.js';
import { type Gate, gate, watch } from './world.js';

function repeater(): { asked: Repeater; runs: Gate[]; turn: () => Promise<void> } {
  const runs: Gate[] = [];
  const asked = new Repeater(() => {
    const run = gate();
    runs.push(run);
    return run.promise;
  });
  return { asked, runs, turn: () => new Promise((resolve) => setImmediate(resolve)) };
}

describe('Repeater', () => {
  it('given nothing runs, when it is asked, then it runs at once and resolves with the end of the run', async () => {
    const { asked, runs, turn } = repeater();
    const first = watch(asked.ask());
    expect(runs).toHaveLength(1);
    await turn();
    expect(first.isSettled).toBe(false);
    runs[0]?.open();
    await turn();
    expect(first.isSettled).toBe(true);
    expect(runs).toHaveLength(1);
  });

  it('given a run is under way, when it is asked twice, then one more run begins after it and both wait for that', async () => {
    const { asked, runs, turn } = repeater();
    const first = watch(asked.ask());
    const second = watch(asked.ask());
    const third = watch(asked.ask());
    expect(runs).toHaveLength(1);
    runs[0]?.open();
    await turn();
    expect([first.isSettled, second.isSettled, third.isSettled]).toEqual([true, false, false]);
    expect(runs).toHaveLength(2);
    runs[1]?.open();
    await turn();
    expect([second.isSettled, third.isSettled]).toEqual([true, true]);
    expect(runs).toHaveLength(2);
  });

  it('given a run and one that was asked for, when it is waited until idle, then that waits for both', async () => {
    const { asked, runs, turn } = repeater();
    await asked.whenIdle();
    void asked.ask();
    void asked.ask();
    const idle = watch(asked.whenIdle());
    runs[0]?.open();
    await turn();
    expect(idle.isSettled).toBe(false);
    runs[1]?.open();
    await turn();
    expect(idle.isSettled).toBe(true);
  });
});
