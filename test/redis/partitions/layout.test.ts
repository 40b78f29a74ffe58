/** Which queue lives where, and that all who share a namespace agree. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partitionOf } from '../../../src/core/id.js';
import { openStore as openUrl } from '../../../src/drivers/node.js';
import { TaskManager, task } from '../../../src/index.js';
import { newJob } from '../../../src/store/conformance/fixtures.js';
import { type RedisOptions, redis } from '../../../src/stores/redis/index.js';
import { layoutOf, placeIn } from '../../../src/stores/redis/partitions/layout.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { jobIn, openStore } from './fixtures.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describe('the place of a queue', () => {
  it('given names, when they are placed, then it is by the name alone, and each partition has its share', () => {
    const layout = layoutOf(4, {});
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) counts[placeIn(layout, `queue-${i}`)]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(800);
    // Of a namespace for life: another hash would lose every job.
    expect(['default', 'emails', 'images', 'größe'].map((queue) => placeIn(layout, queue))).toEqual([0, 2, 3, 3]);
  });

  it('given a chosen place, when others are placed, then it is that one, and theirs are as without it', () => {
    const [chosen, plain] = [layoutOf(4, { emails: 2 }), layoutOf(4, {})];
    expect(placeIn(chosen, 'emails')).toBe(2);
    expect(placeIn(chosen, 'images')).toBe(placeIn(plain, 'images'));
  });

  it.each([
    [{ partitions: 0 }, "redis's partitions is 0; it must be a whole number from 1 to 64."],
    [{ partitions: 65 }, "redis's partitions is 65; it must be a whole number from 1 to 64."],
    [{ partitions: 1.5 }, "redis's partitions is 1.5; it must be a whole number from 1 to 64."],
    [
      { partitions: 4, places: { emails: 4 } },
      "The place of queue 'emails' is 4; it must be a whole number from 0 to 3.",
    ],
    [{ places: { emails: 1 } }, "The place of queue 'emails' is 1; it must be a whole number from 0 to 0."],
  ])('given %o, when the store is made, then the error says what is wrong', (given, message) => {
    expect(() => redis(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }));
  });

  it('given a URL with partitions and places, when it is opened, then queues live there', async () => {
    const store = openUrl(`${server.url}?namespace=url&partitions=4&place=emails:2&place=a%3Ab:0`);
    expect([store.partitions?.of('emails'), store.partitions?.of('a:b')]).toEqual([2, 0]);
    expect(() => openUrl(`${server.url}?partitions=four`)).toThrow(/partitions is NaN/);
    expect(() => openUrl(`${server.url}?place=emails`)).toThrow(/write a queue and its partition, as place=emails:2/);
    expect(() => openUrl(`${server.url}?partition=4`)).toThrow(/has no parameter 'partition'/);
  });

  it('given one partition, when the store is made, then nothing is in its way: it is the store of one', () => {
    expect(redis({ url: server.url }).partitions).toBeUndefined();
    expect(redis({ url: server.url, partitions: 1 }).partitions).toBeUndefined();
  });
});

describe('a namespace', () => {
  it.each([
    ['one partition', {}, { partitions: 4 }, 'partitions: 1', 'partitions: 4'],
    ['four partitions', { partitions: 4 }, {}, 'partitions: 4', 'partitions: 1'],
    ['four partitions', { partitions: 4 }, { partitions: 5 }, 'partitions: 4', 'partitions: 5'],
    [
      'a place',
      { partitions: 4, places: { emails: 2 } },
      { partitions: 4 },
      'partitions: 4, places: {"emails":2}',
      'partitions: 4',
    ],
    [
      'a place',
      { partitions: 4, places: { emails: 2, images: 0 } },
      { partitions: 4, places: { emails: 2, images: 1 } },
      'partitions: 4, places: {"emails":2,"images":0}',
      'partitions: 4, places: {"emails":2,"images":1}',
    ],
  ] satisfies [string, RedisOptions, RedisOptions, string, string][])(
    'given one that was made with %s, when a process opens it with another layout, then it is refused, and told what to give',
    async (_, theirs, ours, first, second) => {
      await server.cli('FLUSHALL');
      const made = redis({ url: server.url, namespace: 'acme', ...theirs });
      await made.open();
      const other = redis({ url: server.url, namespace: 'acme', ...ours });
      await expect(other.open()).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(
          `Namespace 'acme' on ${made.location} was made with ${first}, and this process gives ${second}.`,
        ),
      });
      await expect(other.count({})).rejects.toMatchObject({ code: 'CLOSED' });
      await Promise.all([made.close(), other.close()]);
    },
  );

  it('given one with places, when a process gives the same in another order, then it is taken', async () => {
    await server.cli('FLUSHALL');
    const [a, b] = [
      { emails: 2, images: 0 },
      { images: 0, emails: 2 },
    ].map((places) => redis({ url: server.url, partitions: 4, places }));
    await a!.open();
    await b!.open();
    await Promise.all([a!.close(), b!.close()]);
  });

  it('given jobs from before layouts were recorded, when a process wants several partitions, then it is refused', async () => {
    await server.cli('FLUSHALL');
    const old = redis({ url: server.url });
    await old.open();
    await old.insert([newJob()]);
    await server.cli('HDEL', '{taskspan:default:0}:state', 'partitions', 'places');
    const wide = redis({ url: server.url, partitions: 2 });
    await expect(wide.open()).rejects.toThrow('was made with partitions: 1, and this process gives partitions: 2');
    expect(await server.cli('HGET', '{taskspan:default:0}:state', 'partitions')).toBeNull();
    await Promise.all([old.close(), wide.close()]);
  });

  it('given a refused manager, when it is asked for work, then every call says why', async () => {
    await server.cli('FLUSHALL');
    const made = await openStore(server.url, 'default');
    const manager = new TaskManager({ store: server.url, tasks: [task('any', () => {})] });
    await expect(manager.start()).rejects.toThrow('was made with partitions: 3');
    await expect(manager.count()).rejects.toThrow('was made with partitions: 3');
    await Promise.all([manager.close(), made.close()]);
  });

  it('given a full server, when a namespace is opened for the first time, then it opens', async () => {
    await using full = await startRedis({ config: { maxmemory: '1mb', 'maxmemory-policy': 'noeviction' } });
    const store = await openStore(full.url, 'new');
    expect(await full.cli('HGET', '{taskspan:new:0}:state', 'partitions')).toBe('3');
    await store.close();
  });

  it('given a server that was emptied under an open store, when it writes again, then its layout is recorded again', async () => {
    await server.cli('FLUSHALL');
    const store = await openStore(server.url, 'emptied');
    for (let i = 0; i < 2; i++) await store.insert([jobIn('one')]);
    await server.cli('FLUSHALL');
    await store.insert([jobIn('zero'), jobIn('one')]);
    await until(
      'the layout',
      async () => (await server.cli('HGET', '{taskspan:emptied:0}:state', 'partitions')) === '3',
    );
    await store.close();
  });
});

describe('ids', () => {
  it('given a manager over partitions, when it enqueues, schedules and makes children, then each id names the partition of its queue', async () => {
    const child = task('child', () => {}, { queue: 'two' });
    const parent = task('parent', async (_: undefined, { enqueue }) => void (await enqueue(child)), { queue: 'one' });
    await using manager = new TaskManager({
      store: redis({ url: server.url, namespace: 'ids', partitions: 3, places: { one: 1, two: 2 } }),
      tasks: [parent, child],
    });
    const jobs = [
      await manager.enqueue(parent),
      await manager.enqueue(parent, undefined, { idempotencyKey: 'k' }),
      await manager.enqueue(child),
    ];
    expect(jobs.map(({ id }) => partitionOf(id))).toEqual([1, 1, 2]);
    expect((await manager.enqueue(parent, undefined, { idempotencyKey: 'k' })).id).toBe(jobs[1]!.id);
    await manager.schedule(child, undefined, { id: 's', every: '1d' });
    expect(partitionOf((await manager.triggerSchedule('s')).id)).toBe(2);
    await manager.start();
    await until('all to end', async () => {
      const { pending, running } = await manager.count();
      return pending + running === 0;
    });
    for await (const { id, queue } of manager.list())
      expect([queue, partitionOf(id)]).toEqual([queue, queue === 'one' ? 1 : 2]);
    expect((await manager.count()).completed).toBe(6);
  });

  it('given a job whose id names another partition than its queue, when it is inserted, then it is refused with the others, and nothing was written', async () => {
    const store = await openStore(server.url, 'wrong');
    const wrong = { ...jobIn('one'), queue: 'two' };
    await expect(store.insert([jobIn('zero'), wrong])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`${wrong.id} doesn't name partition 2, in which its queue 'two' lives`),
    });
    expect(await store.count({})).toMatchObject({ pending: 0 });
    await store.close();
  });

  it('given what is no id, and an id of a partition that there is not, when they are asked for, then they are not there', async () => {
    const store = await openStore(server.url, 'nobody');
    const job = jobIn('two');
    await store.insert([job]);
    const ids = ['nobody', `${job.id.slice(0, -3)}007`, job.id];
    expect((await store.get(ids)).map((found) => found?.id ?? null)).toEqual([null, null, job.id]);
    expect((await store.control('cancel', { ids }, 10)).answers.map(({ outcome }) => outcome)).toEqual([
      'missing',
      'missing',
      'done',
    ]);
    expect(await store.inspect('nobody')).toBeNull();
    expect(await store.inspect(job.id)).toMatchObject({ job: { id: job.id, partition: 2 } });
    expect(await store.update([{ id: 'nobody', seq: 1, token: 't', progress: '1' }])).toEqual(['lost']);
    await store.close();
  });
});
