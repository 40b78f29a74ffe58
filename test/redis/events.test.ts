import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClaimedJob } from '../../src/core/job.js';
import { completed, released } from '../../src/core/transitions.js';
import { TaskManager, task } from '../../src/index.js';
import { claimRequest, keep, newJob, newToken, settleOf } from '../../src/store/conformance/fixtures.js';
import type { StoreEvent } from '../../src/store/index.js';
import { redis } from '../../src/stores/redis/index.js';
import { type RedisServer, startProxy, startRedis } from './servers/index.js';
import { until } from './servers/until.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it('given a follower, when jobs are enqueued, claimed and settled by another client, then it hears each transition once and in order', async () => {
  const [store, other] = [redis({ url: server.url }), redis({ url: server.url })];
  await Promise.all([store.open(), other.open()]);
  const heard: StoreEvent[] = [];
  let gaps = 0;
  const end = await store.events?.follow({ events: (events) => heard.push(...events), gap: () => (gaps += 1) });
  await other.insert([newJob({ id: 'a', task: 'it\'s "x"' }), newJob({ id: 'b', delayMs: 60_000 })]);
  const reply = await other.exchange({ worker: 'w', settle: [], claim: claimRequest({ token: newToken() }) });
  await other.exchange({
    worker: 'w',
    settle: reply.jobs.map((job) => settleOf(job, completed('1', keep))),
    claim: null,
  });
  await until('four events', () => heard.length >= 4);
  expect(heard.map(({ id, state, reason, rev, attempt }) => [id, state, reason, rev, attempt])).toEqual([
    ['a', 'pending', 'enqueued', 1, 0],
    ['b', 'pending', 'enqueued', 1, 0],
    ['a', 'running', 'claimed', 2, 1],
    ['a', 'completed', 'completed', 3, 1],
  ]);
  expect(heard[0]).toMatchObject({ task: 'it\'s "x"', queue: 'images', generation: 1 });
  expect(gaps).toBe(0);
  end?.();
  await Promise.all([store.close(), other.close()]);
});

it('given a job that runs, when its progress is written, when it is asked to stop, and when it is given back and claimed again, then updates are told from claims', async () => {
  const store = redis({ url: server.url, namespace: 'updates' });
  await store.open();
  const heard: StoreEvent[] = [];
  const end = await store.events?.follow({ events: (events) => heard.push(...events), gap: () => {} });
  await store.insert([newJob({ id: 'c' })]);
  const claim = () => store.exchange({ worker: 'w', settle: [], claim: claimRequest({ token: newToken() }) });
  const [job] = (await claim()).jobs as [ClaimedJob];
  await store.update([{ id: job.id, seq: job.seq, token: job.token, progress: '7' }]);
  await store.exchange({
    worker: 'w',
    settle: [settleOf(job, released())],
    claim: claimRequest({ token: newToken() }),
  });
  await store.control('cancel', { ids: ['c'] }, 1);
  await until('six events', () => heard.length >= 6);
  expect(heard.map(({ rev, state, reason, isUpdate }) => [rev, state, reason, isUpdate])).toEqual([
    [1, 'pending', 'enqueued', false],
    [2, 'running', 'claimed', false],
    [3, 'running', 'claimed', true],
    [4, 'pending', 'released', false],
    [5, 'running', 'claimed', false],
    [6, 'running', 'claimed', true],
  ]);
  end?.();
  await store.close();
});

it('given managers in two places, when one runs jobs, then the other hears of them as a stream of the cluster', async () => {
  const url = `${server.url}?namespace=streams`;
  const double = task('double', (n: number) => 2 * n);
  await using worker = new TaskManager({ store: url, tasks: [double] });
  await using listener = new TaskManager({ store: url, work: false });
  const stream = listener.events({ scope: 'cluster' });
  (await listener.follow({ events: () => {}, gap: () => {} }))();
  await worker.start();
  const job = await worker.enqueue(double, 21);
  const heard: unknown[] = [];
  for await (const event of stream) {
    if (event.type === 'gap' || event.type === 'dropped') continue;
    heard.push([event.type, event.id, event.task, event.rev]);
    if (event.type === 'completed') break;
  }
  expect(heard).toEqual([
    ['queued', job.id, 'double', 1],
    ['started', job.id, 'double', 2],
    ['completed', job.id, 'double', 3],
  ]);
});

it('given a follower that is held up while more happens than is kept, when it goes on, then it is told of the gap, and hears what comes next', async () => {
  await server.cli('FLUSHALL');
  const proxy = await startProxy(server);
  const [slow, other] = [redis({ url: proxy.url }), redis({ url: server.url })];
  await Promise.all([slow.open(), other.open()]);
  const heard: string[] = [];
  let gaps = 0;
  const end = await slow.events?.follow({
    events: (some) => heard.push(...some.map(({ id }) => id)),
    gap: () => (gaps += 1),
  });
  await other.insert([newJob({ id: 'before' })]);
  await until('the first event', () => heard.length === 1);
  proxy.hold();
  for (let i = 0; i < 1_500; i++) await other.insert([newJob({ id: `missed-${i}` })]);
  expect(Number(await server.cli('XLEN', '{taskspan:default:0}:events'))).toBeLessThan(1_000);
  await proxy.pass();
  await until('the gap', () => gaps > 0);
  await other.insert([newJob({ id: 'after' })]);
  await until('the last event', () => heard.at(-1) === 'after');
  expect(new Set(heard).size).toBe(heard.length);
  end?.();
  await Promise.all([slow.close(), other.close(), proxy.stop()]);
});
