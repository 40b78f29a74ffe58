import { expect } from 'vitest';
import type { DirectCapability } from '../contract.js';
import { newJob, type Scene } from './fixtures.js';
import type { Skip, Topic } from './suite.js';

export const direct: Topic = {
  name: 'direct',
  cases(test) {
    test('given a new job, when it is inserted directly, then its record is the one that the verb would have made', async (scene, skip) => {
      const { insert } = directOf(scene, skip);
      const job = newJob({ delayMs: 4_000, priority: 3, labels: { tenant: 'acme' } });
      expect(insert({ ...job, id: 'at-once' })).toEqual({ status: 'inserted', id: 'at-once', digest: null });
      await scene.insert({ ...job, id: 'by-verb' });
      const [atOnce, byVerb] = [await scene.record('at-once'), await scene.record('by-verb')];
      expect({ ...byVerb, id: atOnce.id, seq: atOnce.seq }).toEqual(atOnce);
      expect(byVerb.seq).toBeGreaterThan(atOnce.seq);
    });

    test('given ids and unique keys that are taken, when jobs are inserted directly, then the answers are those of the verb', async (scene, skip) => {
      const { insert } = directOf(scene, skip);
      const unique = { key: 'resize/one', until: 'finished', onConflict: 'keep' } as const;
      await scene.insert({ id: 'keyed', digest: 'first' }, { id: 'holder', unique });
      expect(insert(newJob({ id: 'keyed', digest: 'first' }))).toMatchObject({ status: 'existing', id: 'keyed' });
      expect(insert(newJob({ id: 'keyed', digest: 'other' }))).toEqual({
        status: 'conflict',
        id: 'keyed',
        digest: 'first',
      });
      expect(insert(newJob({ unique }))).toMatchObject({ status: 'existing', id: 'holder' });
      expect(await scene.store.count({})).toMatchObject({ pending: 2 });
    });

    test('given a store that is closed, when a job is inserted directly, then it throws', async (scene, skip) => {
      const { insert } = directOf(scene, skip);
      await scene.store.close();
      expect(() => insert(newJob())).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    });
  },
};

function directOf(scene: Scene, skip: Skip): DirectCapability {
  return scene.store.direct ?? skip('it answers nothing within the call');
}
