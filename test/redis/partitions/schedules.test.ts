/** Schedules in partition 0 whose jobs live elsewhere. */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { claimRequest, newSchedule, newToken } from '../../../src/store/conformance/fixtures.js';
import type { Store } from '../../../src/store/index.js';
import { redis } from '../../../src/stores/redis/index.js';
import { type FaultyProxy, type RedisServer, startProxy, startRedis } from '../servers/index.js';
import { jobIn, openStore, options, type Queue } from './fixtures.js';

let server: RedisServer;
let proxy: FaultyProxy;
let store: Store;
let made = 0;
beforeAll(async () => {
  server = await startRedis();
  proxy = await startProxy(server);
});
afterAll(async () => {
  await store.close();
  await proxy.stop();
  await server.stop();
});
beforeEach(async () => {
  await store?.close();
  made += 1;
  store = await openStore(server.url, namespace());
});

const namespace = (): string => `schedules-${made}`;

/** Of the schedule `nightly`; without a version it was triggered between the slots. */
async function insertSlot(queue: Queue, scheduleVersion: string | null): Promise<string> {
  const rare = { scheduleId: 'nightly', scheduleSlot: 1, ...(scheduleVersion !== null && { scheduleVersion }) };
  const job = jobIn(queue, { rare });
  await store.insert([job]);
  return job.id;
}

async function left(...ids: readonly string[]): Promise<readonly boolean[]> {
  return (await store.get(ids)).map((job) => job !== null);
}

async function notes(): Promise<unknown> {
  return server.cli('SCARD', `{taskspan:${namespace()}:0}:leaving`);
}

it('given jobs of a schedule in three partitions, when its rule changes, then the unclaimed ones of the old rule go everywhere, and no other', async () => {
  await store.putSchedule(newSchedule({ fingerprint: 'old' }));
  const claimed = await insertSlot('one', 'old');
  await store.exchange({ worker: 'w', settle: [], claim: claimRequest({ queues: ['one'], token: newToken() }) });
  const old = [await insertSlot('zero', 'old'), await insertSlot('one', 'old'), await insertSlot('two', 'old')];
  const others = [claimed, await insertSlot('one', null), await insertSlot('two', 'new')];
  expect(await store.putSchedule(newSchedule({ fingerprint: 'new' }))).toBe('updated');
  expect(await left(...old)).toEqual([false, false, false]);
  expect(await left(...others)).toEqual([true, true, true]);
  expect(await notes()).toBe(0);
});

it('given jobs of a schedule in three partitions, when it is removed, then the unclaimed ones go everywhere, triggered ones too', async () => {
  await store.putSchedule(newSchedule({ fingerprint: 'old' }));
  const jobs = [
    await insertSlot('zero', 'old'),
    await insertSlot('one', 'old'),
    await insertSlot('two', 'old'),
    await insertSlot('two', null),
  ];
  expect(await store.removeSchedule('nightly')).toBe(true);
  expect(await left(...jobs)).toEqual([false, false, false, false]);
  expect(await store.removeSchedule('nightly')).toBe(false);
  expect(await notes()).toBe(0);
});

it('given a definition that is stale, or as it was, when it is put, then no job goes', async () => {
  await store.putSchedule(newSchedule({ fingerprint: 'old', definitionVersion: 4 }));
  const job = await insertSlot('two', 'old');
  expect(await store.putSchedule(newSchedule({ fingerprint: 'new', definitionVersion: 3 }))).toBe('stale');
  expect(await store.putSchedule(newSchedule({ fingerprint: 'old', definitionVersion: 4 }))).toBe('unchanged');
  expect(await store.putSchedule(newSchedule({ fingerprint: 'old', definitionVersion: 5 }))).toBe('updated');
  expect(await left(job)).toEqual([true]);
});

it('given a process that dies once the rule is changed, when chores are done next, then the old jobs go elsewhere, too', async () => {
  await store.putSchedule(newSchedule({ fingerprint: 'old' }));
  const [here, there] = [await insertSlot('zero', 'old'), await insertSlot('two', 'old')];
  const dying = redis({ url: proxy.url, namespace: namespace(), ...options });
  await dying.open();
  const isCut = proxy.cutAfter(0, 'reply');
  const put = dying.putSchedule(newSchedule({ fingerprint: 'new' }));
  await isCut;
  await proxy.refuse();
  await dying.close();
  await expect(put).rejects.toThrow();
  expect(await left(here, there)).toEqual([false, true]);
  expect(await notes()).toBe(1);
  await store.maintain({ term: null, limit: 10 });
  expect(await left(here, there)).toEqual([false, false]);
  expect(await notes()).toBe(0);
});

it('given jobs that were to go, when it was scheduled just so again before they went, then they are its own and stay', async () => {
  await store.putSchedule(newSchedule({ fingerprint: 'old' }));
  const job = await insertSlot('two', 'old');
  await server.cli('SADD', `{taskspan:${namespace()}:0}:leaving`, JSON.stringify(['nightly', 'old', true]));
  await store.maintain({ term: null, limit: 10 });
  expect(await left(job)).toEqual([true]);
  expect(await notes()).toBe(0);
});
