import { describe, expect, it } from 'vitest';
import { task, taskRef } from '../../src/index.js';
import { snapshot, World, wrapped } from './world.js';

/** More names than a reply lists. */
const NAMES = Array.from({ length: 40 }, (_, i) => `unknown-${String(i + 1).padStart(2, '0')}`);
const known = task('known', () => {});

/** Parks a job of each name, by a worker that knows none. */
async function parked(world: World): Promise<string[]> {
  const life = await world.startedLife({ tasks: [known] });
  const ids: string[] = [];
  for (const name of NAMES) ids.push((await life.manager.enqueue(taskRef(name), undefined)).id);
  await world.time.advance('1s');
  expect((await life.manager.count()).orphaned).toBe(NAMES.length);
  await life.manager.close();
  return ids;
}

describe('parked jobs of more unknown tasks than a reply lists', () => {
  for (const at of [0, NAMES.length - 1]) {
    it(`given 40 names, when a worker comes that knows number ${at + 1}, then its job completes and the others stay`, async () => {
      const world = new World();
      const ids = await parked(world);
      const manager = await world.running(
        known,
        task(NAMES[at] as string, () => 'ran'),
      );
      await world.time.advance('1s');
      expect(await snapshot(manager, ids[at] as string)).toMatchObject({ state: 'completed', result: 'ran' });
      expect(await manager.count()).toMatchObject({ orphaned: NAMES.length - 1, completed: 1 });
    });
  }

  it('given none is known to a worker, when a minute passes, then it makes hardly more exchanges than it polls', async () => {
    const world = new World();
    await parked(world);
    let exchanges = 0;
    const store = wrapped(world.store, {
      exchange: (request) => {
        exchanges += 1;
        return world.store.exchange(request);
      },
    });
    await world.started({ tasks: [known], store });
    await world.time.advance('1m');
    expect(exchanges).toBeGreaterThan(0);
    expect(exchanges).toBeLessThan(30);
  });
});
