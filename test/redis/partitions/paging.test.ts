/** Pages, counts and changes by filter over partitions. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimRequest } from '../../../src/store/conformance/fixtures.js';
import type { JobFilter, Store } from '../../../src/store/index.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { jobIn, openStore, type Queue } from './fixtures.js';

const QUEUES: readonly Queue[] = ['zero', 'one', 'two', 'uno'];
const JOBS = 500;

let server: RedisServer;
let store: Store;
let now = 1_800_000_000_000;
/** Oldest first: a millisecond apart, unevenly spread. */
const ids: string[] = [];
beforeAll(async () => {
  server = await startRedis();
  store = await openStore(server.url, 'paging', { clock: () => now });
  for (let i = 0; i < JOBS; i++) {
    const queue = i > 400 ? 'one' : (QUEUES[(i * i + (i >> 3)) % 4] as Queue);
    const job = jobIn(queue, { task: i % 7 === 0 ? 'seventh' : 'other', labels: { parity: `${i % 2}` } });
    await store.insert([job]);
    ids.push(job.id);
    now += 1;
  }
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

async function pages(filter: JobFilter, limit: number): Promise<readonly (readonly string[])[]> {
  const found: string[][] = [];
  let cursor: string | null = null;
  do {
    const page = await store.list(filter, cursor, limit);
    expect(page.jobs.length).toBeLessThanOrEqual(limit);
    found.push(page.jobs.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

describe('a list over partitions', () => {
  it.each([1, 7, 100, 1_000])(
    'given pages of %i, when it is read to its end, then each job comes once, newest first',
    async (limit) => {
      expect((await pages({}, limit)).flat()).toEqual([...ids].reverse());
    },
  );

  it('given a filter that few match, when it is read, then they come newest first', async () => {
    const matching = ids.filter((_, i) => i % 7 === 0 && i % 2 === 1).reverse();
    expect((await pages({ task: 'seventh', labels: { parity: '1' } }, 5)).flat()).toEqual(matching);
  });

  it('given jobs that come while it is read, when it goes on, then none of the others is missed or repeated', async () => {
    const first = await store.list({}, null, 50);
    const late = [jobIn('zero'), jobIn('one'), jobIn('two')];
    await store.insert(late);
    const rest = [];
    for (let { cursor } = first; cursor !== null; ) {
      const page = await store.list({}, cursor, 50);
      rest.push(...page.jobs);
      cursor = page.cursor;
    }
    expect([...first.jobs, ...rest].map(({ id }) => id)).toEqual([...ids].reverse());
    await store.control('delete', { ids: late.map(({ id }) => id) }, 10);
  });

  it('given a partition in which far more is looked at than matches, when it is read, then pages may be short, and the order holds', async () => {
    const deep = await openStore(server.url, 'deep', { clock: () => now });
    const old = [jobIn('two', { task: 'rare' }), jobIn('one', { task: 'rare' })];
    for (const job of old) {
      await deep.insert([job]);
      now += 1;
    }
    for (let i = 0; i < 5; i++) await deep.insert(Array.from({ length: 1_000 }, () => jobIn('one')));
    now += 1;
    const young = jobIn('two', { task: 'rare' });
    await deep.insert([young]);
    const found: string[] = [];
    let cursor: string | null = null;
    let calls = 0;
    do {
      const page = await deep.list({ task: 'rare' }, cursor, 10);
      found.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
      calls += 1;
    } while (cursor !== null);
    expect(found).toEqual([...old, young].map(({ id }) => id).reverse());
    expect(calls).toBeGreaterThan(1);
    await deep.close();
  });

  it('given a queue, when its jobs are read, then its partition alone is asked, and the cursor is its own', async () => {
    const page = await store.list({ queue: 'two' }, null, 3);
    expect(page.jobs.map(({ queue }) => queue)).toEqual(['two', 'two', 'two']);
    expect(page.cursor).toMatch(/^\d+$/);
  });

  it.each(['12', 'x', '1.2'])(
    'given "%s" for a cursor, when a page of all is asked for, then the error says so',
    async (cursor) => {
      await expect(store.list({}, cursor, 3)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(store.control('cancel', { filter: {}, cursor: '9.' }, 3)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    },
  );
});

it('given jobs in all partitions, when they are counted, then it is the sum; and of a queue, its own', async () => {
  expect(await store.count({})).toMatchObject({ pending: JOBS, exact: true });
  expect(await store.count({ task: 'seventh' })).toMatchObject({ pending: Math.ceil(JOBS / 7), exact: true });
  const ofQueues = await Promise.all(QUEUES.map((queue) => store.count({ queue })));
  expect(ofQueues.reduce((sum, { pending }) => sum + pending, 0)).toBe(JOBS);
});

it('given a filter over all partitions, when what matches is cancelled in pieces, then each is once, and no other', async () => {
  const { jobs } = await store.exchange({
    worker: 'w',
    settle: [],
    claim: claimRequest({ queues: ['two'], slots: 1 }),
  });
  const answers = [];
  let cursor: string | null = null;
  do {
    const reply = await store.control('cancel', { filter: { task: 'seventh' }, cursor }, 20);
    answers.push(...reply.answers);
    cursor = reply.cursor;
  } while (cursor !== null);
  const expected = ids.filter((_, i) => i % 7 === 0);
  expect(answers.map(({ id }) => id).sort()).toEqual([...expected].sort());
  const running = jobs.filter(({ task }) => task === 'seventh').length;
  expect((await store.count({})).cancelled).toBe(expected.length - running);
});
