/** Records that somebody else has damaged. */

import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noLimits } from '../../src/core/constraint.js';
import { completed } from '../../src/core/transitions.js';
import { claimRequest, keep, newJob, settleOf, tenant } from '../../src/store/conformance/fixtures.js';
import { redis } from '../../src/stores/redis/index.js';
import { type RedisServer, startRedis } from './servers/index.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

const damages: readonly (readonly [string, (packed: Buffer) => Buffer | string])[] = [
  ['garbage', () => 'garbage'],
  ['nothing', () => ''],
  ['cut in its head', (packed) => packed.subarray(0, 20)],
  ['cut behind its head', (packed) => packed.subarray(0, 44)],
  ['of no place', (packed) => Buffer.concat([Buffer.from('?'), packed.subarray(1)])],
  [
    'whole but for the keys',
    (packed) => Buffer.concat([packed.subarray(0, 42), Buffer.from('["t","images",3]\n["x\n{}')]),
  ],
  [
    'whole but for the names of keys',
    (packed) => Buffer.concat([packed.subarray(0, 42), Buffer.from('["t","images",3]\n["x",1]\n{}')]),
  ],
  ['without sense behind its head', (packed) => Buffer.concat([packed.subarray(0, 42), Buffer.from('{"\n[\nx')])],
];

for (const [name, damage] of damages) {
  it(`given waiting and running jobs whose records are ${name}, when others are claimed and settled, then all others run, and health tells of the damaged`, async () => {
    const namespace = `damaged-${name}`;
    const store = redis({ url: server.url, namespace });
    await store.open();
    const kinds = [
      { id: 'fresh' },
      { id: 'later', delayMs: 5 },
      { id: 'first', priority: 5 },
      { id: 'keyed', keys: [tenant('x')] },
      { id: 'keyed later', keys: [tenant('x')], delayMs: 5 },
      { id: 'keyed first', keys: [tenant('x')], priority: 5 },
      { id: 'keyed line', keys: [tenant('full')] },
    ];
    // One that stands in a line: its key is full.
    await store.configure({
      groups: [{ name: 'tenant', definitionVersion: 1, limits: { ...noLimits, maxConcurrent: 3 } }],
    });
    await store.insert(Array.from({ length: 3 }, (_, i) => newJob({ id: `holds-${i}`, keys: [tenant('full')] })));
    const holders = (await store.exchange({ worker: 'w', settle: [], claim: claimRequest({}) })).jobs;
    await store.insert(kinds.flatMap((job) => [newJob(job), newJob({ ...job, id: `${job.id} fine` })]));
    await store.insert([newJob({ id: 'runs', queue: 'other' })]);
    await store.exchange({ worker: 'w', settle: [], claim: claimRequest({ queues: ['other'] }) });
    const client = new Redis(server.url);
    const ids = [...kinds.map(({ id }) => id), 'runs'];
    for (const id of ids) {
      const key = `{taskspan:${namespace}:0}:jobs`;
      await client.hset(key, id, damage((await client.hgetBuffer(key, id)) as Buffer));
    }
    client.disconnect();
    const ends = holders.map((job) => settleOf(job, completed(null, keep)));
    await store.exchange({ worker: 'w', settle: ends, claim: null });
    const ran: string[] = [];
    await expect
      .poll(async () => {
        const reply = await store.exchange({ worker: 'w', settle: [], claim: claimRequest({}) });
        ran.push(...reply.jobs.map(({ id }) => id));
        const settle = reply.jobs.map((job) => settleOf(job, completed(null, keep)));
        expect((await store.exchange({ worker: 'w', settle, claim: null })).settled).toEqual(settle.map(() => 'ok'));
        return { ran: [...ran].sort(), more: reply.more };
      })
      .toEqual({ ran: kinds.map(({ id }) => `${id} fine`).sort(), more: false });
    expect(await store.get(ids)).toEqual(ids.map(() => null));
    expect((await store.list({}, null, 100)).jobs).toHaveLength(kinds.length + holders.length);
    await store.maintain({ term: null, limit: 100 });
    expect((await store.health?.check(0))?.findings).toContainEqual(
      expect.objectContaining({ code: 'damaged-records', severity: 'warning' }),
    );
    await store.close();
  });
}
