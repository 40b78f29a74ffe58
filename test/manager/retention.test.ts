import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { all, World, wrapped } from '../engine/world.js';

describe('retention', () => {
  it('given keep, when its time is over, then the record goes, and not before', async () => {
    const world = new World();
    const kept = task('kept', (ok: boolean) => (ok ? 1 : Promise.reject(new Error('x'))), {
      retry: { attempts: 1 },
      keep: { completed: '2m', failed: '5m' },
    });
    const manager = await world.running(kept);
    const [good, bad] = [await manager.enqueue(kept, true), await manager.enqueue(kept, false)];
    await world.time.advance('119s');
    expect(await manager.get(good.id)).toBeDefined();
    await world.time.advance('10s');
    expect(await manager.get(good.id)).toBeUndefined();
    expect(await manager.get(bad.id)).toBeDefined();
    await world.time.advance('3m');
    expect(await manager.get(bad.id)).toBeUndefined();
  });

  it('given keep.count, when more have ended, then the oldest go after a minute', async () => {
    const world = new World();
    const kept = task('kept', (n: number) => n, { keep: { count: 2 } });
    const manager = await world.started({ tasks: [kept], store: wrapped(world.store, {}) });
    for (let n = 0; n < 5; n++) {
      await manager.enqueue(kept, n);
      await world.time.advance(10);
    }
    await world.time.advance('90s');
    expect((await all(manager.list())).map((job) => job.input)).toEqual([4, 3]);
  });
});
