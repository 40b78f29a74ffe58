import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { Triggers } from '../../src/manager/triggers/triggers.js';
import { World } from '../engine/world.js';

/** How much hangs on a signal: what listens to it, and the signals that the platform derived from it. */
function hangingOn(signal: AbortSignal): number {
  let count = getEventListeners(signal, 'abort').length;
  for (const name of Object.getOwnPropertySymbols(signal)) {
    const field: unknown = Reflect.get(signal, name);
    if (field instanceof Set) count += field.size;
  }
  return count;
}

describe('the signal by which a manager ends its triggers', () => {
  const uses: readonly (readonly [name: string, use: (signal: AbortSignal) => void])[] = [
    ['look at their signal', (signal) => void signal.aborted],
    ['listen to their signal for ever', (signal) => signal.addEventListener('abort', () => {})],
  ];
  for (const [name, use] of uses) {
    it(`given runs that ${name}, when they have ended, well or not, then nothing of them hangs on it`, async () => {
      const world = new World();
      const triggers = new Triggers(world.time.host, () => {
        throw new Error('Nothing here is of cluster scope.');
      });
      const [closing] = triggers.closing;
      let most = 0;
      const looks = task('looks', async (at: number, { signal }) => {
        use(signal);
        most = Math.max(most, hangingOn(closing));
        if (at % 2 === 1) throw new Error('odd');
      });
      for (let at = 0; at < 50; at++) await triggers.trigger(looks, at).catch(() => {});
      expect([looks.runCount, hangingOn(closing)]).toEqual([50, 0]);
      expect(most).toBe(1);
    });
  }
});
