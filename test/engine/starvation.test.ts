import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { World } from './world.js';

/** Two slots that run plain jobs and jobs with a key, each for 1 ms; `starts` has them in the order of their starts. */
async function busy() {
  const world = new World();
  const starts: { readonly name: string; readonly at: number }[] = [];
  const work = async (name: string): Promise<void> => {
    starts.push({ name, at: world.time.now });
    await world.sleep(1);
  };
  const [plain, keyed] = [task('plain', work), task('keyed', work)];
  const producer = world.manager({ tasks: [plain, keyed], work: false });
  const worker = world.manager({ tasks: [plain, keyed], concurrency: 2 });
  for (const manager of [producer, worker]) {
    manager.addConstraintGroup(
      new TaskConstraintGroup({
        name: 'names',
        constraintKeyForExecution: ({ name }, input: string) => (name === 'keyed' ? input : null),
        maxConcurrent: 1,
      }),
    );
  }
  await worker.start();
  let made = 0;
  const enqueuePlain = async (count: number): Promise<readonly string[]> => {
    const names = Array.from({ length: count }, () => `plain ${made++}`);
    await producer.enqueueMany(plain, names);
    return names;
  };
  return { world, producer, keyed, starts, enqueuePlain };
}

describe('a job with a key among plain jobs of its priority', () => {
  it('given 50 before it and more that come faster than they run, when its turn comes, then it starts after those 50 and before all others', async () => {
    const { world, producer, keyed, starts, enqueuePlain } = await busy();
    const t0 = world.time.now;
    const before = await enqueuePlain(50);
    await producer.enqueue(keyed, 'keyed');
    for (let ms = 0; ms < 100; ms++) {
      await enqueuePlain(4);
      await world.time.advance(1);
    }
    expect(starts.slice(0, 51).map(({ name }) => name)).toEqual([...before, 'keyed']);
    expect(starts[50]?.at).toBe(t0 + 25);
    expect(starts.length).toBeGreaterThan(190);
    expect((await producer.count({ task: 'plain' })).pending).toBeGreaterThan(100);
  });

  it('given one after every ten that come faster than they run, when they run, then all start in the order of their arrival', async () => {
    const { world, producer, keyed, starts, enqueuePlain } = await busy();
    const arrived: string[] = [];
    for (let i = 0; i < 20; i++) {
      arrived.push(...(await enqueuePlain(10)), `keyed ${i}`);
      await producer.enqueue(keyed, `keyed ${i}`);
      await world.time.advance(1);
    }
    await world.time.advance('1s');
    expect(starts.map(({ name }) => name)).toEqual(arrived);
  });
});
