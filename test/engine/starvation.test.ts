import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { World } from './world.js';

describe('a job that needs a slot, among quick jobs that need none', () => {
  /** Two slots, quick plain jobs of 1 ms, and jobs with a key; `starts` has them in the order in which they started. */
  async function busy() {
    const world = new World();
    const starts: { readonly name: string; readonly at: number }[] = [];
    const work = async (name: string): Promise<void> => {
      starts.push({ name, at: world.time.now });
      await world.sleep(1);
    };
    const [plain, keyed] = [task('plain', work), task('keyed', work)];
    const producer = world.manager({ work: false });
    const worker = world.manager({ tasks: [plain, keyed], concurrency: 2 });
    for (const manager of [producer, worker]) {
      manager.addConstraintGroup(
        new TaskConstraintGroup({
          name: 'sites',
          constraintKeyForExecution: ({ name }) => (name === 'keyed' ? 'a' : null),
          maxConcurrent: 1,
        }),
      );
    }
    await worker.start();
    await world.time.settle();
    let made = 0;
    const enqueuePlain = async (count: number): Promise<void> => {
      await producer.enqueueMany(
        plain,
        Array.from({ length: count }, () => `plain ${made++}`),
      );
    };
    return { world, producer, keyed, starts, enqueuePlain };
  }

  it('given 50 plain jobs before it and more that keep coming, when its turn comes, then it starts, after those 50 and before all others', async () => {
    const { world, producer, keyed, starts, enqueuePlain } = await busy();
    const t0 = world.time.now;
    await enqueuePlain(50);
    await producer.enqueue(keyed, 'keyed');
    // Twice what two slots can do, so that the plain ones never run out.
    for (let ms = 0; ms < 100; ms++) {
      await enqueuePlain(4);
      await world.time.advance(1);
    }
    const before = Array.from({ length: 50 }, (_, i) => `plain ${i}`);
    expect(starts.slice(0, 51).map(({ name }) => name)).toEqual([...before, 'keyed']);
    expect(starts[50]!.at - t0).toBeLessThanOrEqual(30);
    expect(starts.length).toBeGreaterThan(150);
    expect((await producer.count({ task: 'plain' })).pending).toBeGreaterThan(100);
  });

  it('given one among every ten plain jobs that keep coming, when they run, then all start in the order of their coming', async () => {
    const { world, producer, keyed, starts, enqueuePlain } = await busy();
    const expected: string[] = [];
    for (let i = 0; i < 20; i++) {
      await enqueuePlain(10);
      await producer.enqueue(keyed, `keyed ${i}`);
      expected.push(...Array.from({ length: 10 }, (_, n) => `plain ${10 * i + n}`), `keyed ${i}`);
      await world.time.advance(1);
    }
    await world.time.advance('1s');
    expect(starts.map(({ name }) => name)).toEqual(expected);
  });
});
