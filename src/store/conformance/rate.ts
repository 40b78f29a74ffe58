import fc from 'fast-check';
import { expect } from 'vitest';
import { ids, many, Scene, tenant } from './fixtures.js';
import { seed } from './seed.js';
import type { StoreFactory } from './subject.js';
import type { Topic } from './suite.js';

export const rate: Topic = {
  name: 'constraints: rate',
  cases(test, factory) {
    test('given a rate of three a second, when many wait, then three start', async (scene) => {
      await scene.limit({ rate: { limit: 3, perMs: 1_000 } });
      await scene.insert(...many(8, 'job', { keys: [tenant('x')] }));
      expect(ids(await scene.claimWithin(3))).toEqual(['job-1', 'job-2', 'job-3']);
    });

    test('given a rate used up, when its runs end, then that gives no room before the window has passed', async (scene) => {
      await scene.limit({ rate: { limit: 2, perMs: 1_000 } });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      const { jobs } = await scene.claim();
      await scene.complete(...jobs);
      await scene.advance(999);
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.advance(1);
      expect(ids(await scene.claimWithin(3))).toEqual(['job-3', 'job-4']);
    });

    test('given a rate used up, when nothing can run, then nextAt is when it opens, and that instant is enough', async (scene) => {
      await scene.limit({ rate: { limit: 2, perMs: 1_000 } });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      await scene.claimOne('job-1');
      await scene.advance(400);
      await scene.claimOne('job-2');
      const reply = await scene.claim();
      expect(reply).toMatchObject({ jobs: [], nextAt: scene.now() + 600 });
      expect((await scene.inspect('job-3')).keys).toMatchObject([{ opensAt: scene.now() + 600 }]);
      await scene.advanceTo(reply.nextAt as number);
      expect(ids(await scene.claimWithin(3))).toEqual(['job-3']);
    });

    test('given a rate and a limit at once, when either is used up, then it holds', async (scene) => {
      await scene.limit({ maxConcurrent: 1, rate: { limit: 2, perMs: 1_000 } });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      const first = await scene.claimOne('job-1', { slots: 9 });
      expect((await scene.inspect('job-2')).keys).toMatchObject([{ opensAt: null }]);
      await scene.complete(first);
      await scene.complete(await scene.claimOne('job-2', { slots: 9 }));
      expect(await scene.claimWithin(3)).toEqual([]);
    });

    test('given another key, when this one has used up its rate, then that one starts', async (scene) => {
      await scene.limit({ rate: { limit: 1, perMs: 60_000 } });
      await scene.insert(
        { id: 'a-1', keys: [tenant('a')] },
        { id: 'a-2', keys: [tenant('a')] },
        { id: 'b-1', keys: [tenant('b')] },
      );
      expect(ids(await scene.claim())).toEqual(['a-1', 'b-1']);
    });

    test('given a rate that was raised, when the chores have run, then the waiters use the room', async (scene) => {
      await scene.limit({ rate: { limit: 1, perMs: 60_000 } });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      await scene.claimOne('job-1', { slots: 9 });
      await scene.limit({ rate: { limit: 3, perMs: 60_000 } }, 2);
      await scene.maintain();
      expect(ids(await scene.claimWithin(3))).toEqual(['job-2', 'job-3']);
    });

    test('given a clock that stepped back an hour, when the chores have run, then a rate that was used up opens after its own window and not the hour', async (scene) => {
      await scene.limit({ rate: { limit: 2, perMs: 1_000 } });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      await scene.complete(...(await scene.claim()).jobs);
      await scene.advance(-3_600_000);
      await scene.maintain();
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.advance(1_000 + Math.ceil(1_000 / 64));
      expect(ids(await scene.claimWithin(3))).toEqual(['job-3', 'job-4']);
    });

    test('given 40 waiters under a rate, when the clock moves from nextAt to nextAt, then they end hardly later than the rate allows', async (scene) => {
      await scene.limit({ rate: { limit: 5, perMs: 1_000 } });
      await scene.insert(...many(40, 'job', { keys: [tenant('x')] }));
      const from = scene.now();
      expect(await scene.drain()).toHaveLength(40);
      expect(scene.now() - from).toBeLessThanOrEqual(7 * (1_000 + Math.ceil(1_000 / 64)));
    });

    test('given random arrivals, claims and ends, when the starts are looked over, then no window has more than the limit and none is starved', async () => {
      const step = fc.record({
        waitMs: fc.oneof(fc.nat(30), fc.nat(700)),
        arrivals: fc.nat(4),
        slots: fc.integer({ min: 1, max: 4 }),
      });
      const steps = fc.array(step, { minLength: 5, maxLength: 40 });
      const property = fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(64, 333, 1_000),
        async (plan, limit, perMs) => {
          const starts = await startsOf(factory, plan, { limit, perMs });
          for (const [i, start] of starts.entries()) {
            const beyond = starts[i + limit];
            if (beyond !== undefined)
              expect(beyond - start, `start ${i} and the ${limit}th after it`).toBeGreaterThanOrEqual(perMs);
          }
        },
      );
      await fc.assert(property, { numRuns: 40, seed: seed() });
    }, 60_000);
  },
};

interface Step {
  readonly waitMs: number;
  readonly arrivals: number;
  readonly slots: number;
}

/** When the jobs of one key started, in order. All of them do, in the end. */
async function startsOf(
  factory: StoreFactory,
  plan: readonly Step[],
  limit: { limit: number; perMs: number },
): Promise<number[]> {
  const subject = await factory();
  try {
    const scene = new Scene(subject);
    await scene.limit({ rate: limit });
    const starts: number[] = [];
    let arrived = 0;
    for (const { waitMs, arrivals, slots } of plan) {
      await scene.advance(waitMs);
      await scene.insert(...many(arrivals, `at-${arrived}`, { keys: [tenant('x')] }));
      arrived += arrivals;
      const { jobs } = await scene.claim({ slots });
      starts.push(...jobs.map(() => scene.now()));
      await scene.complete(...jobs);
    }
    for (let round = 0; starts.length < arrived; round++) {
      const reply = await scene.claim();
      starts.push(...reply.jobs.map(() => scene.now()));
      await scene.complete(...reply.jobs);
      if (round > 2 * arrived + 10) throw new Error(`${arrived - starts.length} waiters were starved.`);
      if (reply.jobs.length === 0 && !reply.more) await scene.advanceTo(reply.nextAt ?? scene.now() + limit.perMs);
    }
    return starts;
  } finally {
    await subject.dispose();
  }
}
