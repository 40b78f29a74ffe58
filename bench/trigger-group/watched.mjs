/** What all contestants run, and whether it was what they were to run. */
import { expectCount, input } from '../harness/contestant.mjs';

export const CONCURRENCY = 10;

export function watched() {
  let ran = 0;
  let running = 0;
  let most = 0;
  return {
    /** It waits a turn of the microtasks, so that runs overlap. */
    noop: async ({ width }) => {
      ran += 1;
      running += 1;
      if (running > most) most = running;
      await undefined;
      running -= 1;
      return width;
    },
    /** @param {readonly number[]} results of the last round */
    expect(runs, results) {
      expectCount(ran, runs, 'runs');
      expectCount(most, CONCURRENCY, 'runs at once at most');
      const { width } = input(0);
      expectCount(results.filter((result) => result === width).length, results.length, 'right results');
    },
  };
}
