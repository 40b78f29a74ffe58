/** Very many jobs on Redis: due at one instant, or cleared. */

import { TaskManager, taskRef } from 'taskspan';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { noLimits } from '../../../src/core/constraint.js';
import { claimRequest, newJob, newToken, tenant } from '../../../src/store/conformance/fixtures.js';
import { redis } from '../../../src/stores/redis/index.js';
import { run } from '../../processes/program.js';
import type { BacklogReport } from '../../processes/settings.js';
import { audit } from '../audit.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { silent } from './load.js';

const MANY = 100_000;
const MB = 1_048_576;
const program = new URL('../../processes/backlog.mjs', import.meta.url);

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(() => server.cli('FLUSHALL'));

it('given 100,000 jobs due at one instant on Redis, when they are worked off, then memory of the worker is bounded, and nobody is starved', async () => {
  const { code, stdout } = await run(program, { path: server.url, count: MANY }, ['--expose-gc']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as BacklogReport;
  expect(report).toMatchObject({ started: MANY, early: 0, isInOrder: true, completed: MANY + 3, left: 0 });
  expect(report.grownBytes).toBeLessThan(16 * MB);
  expect(report.urgentStarted - report.enqueued).toBeLessThan(5_000);
  expect(report.elsewhereStarted - report.enqueued).toBeLessThan(MANY / 4);
  expect(report.laterStarted).toBe(MANY);
}, 120_000);

it('given 50,000 jobs, when half is cancelled and all are deleted, then that goes in pieces of a few hundred jobs', async () => {
  const manager = new TaskManager({ store: server.url, work: false, logger: silent });
  for (let n = 0; n < 50_000; n += 10_000)
    await manager.enqueueMany(taskRef(n < 25_000 ? 'old' : 'new'), Array(10_000).fill(undefined));
  const jobs = (await manager.count()).pending;
  await server.cli('CONFIG', 'RESETSTAT');
  expect(await manager.cancel({ task: 'old' })).toBeGreaterThan(0);
  expect(await manager.delete({})).toBe(jobs);
  const { evalsha } = await commands(server);
  expect(evalsha!.calls).toBeGreaterThan(100);
  expect(await manager.count()).toMatchObject({ pending: 0, cancelled: 0 });
  await manager.close();
  await audit(server.url);
}, 60_000);

it('given 50,000 jobs, when they are viewed under filters that fit all, few and none, then each call looks at 2,000 at most, and each job is seen once, though others come meanwhile', async () => {
  const store = redis({ url: server.url });
  const manager = new TaskManager({ store: server.url, work: false, logger: silent });
  await store.open();
  const many = Array.from({ length: 10_000 }, (_, n) => n);
  for (let i = 0; i < 5; i++) await manager.enqueueMany(taskRef(i === 1 ? 'few' : 'many'), many);
  const labelled = await manager.enqueueMany(taskRef('many'), many.slice(0, 3), { labels: { of: 'rare' } });
  for (const [filter, fitting] of [
    [{}, 50_003],
    [{ task: 'few' }, 10_000],
    [{ labels: { of: 'rare' } }, labelled.length],
    [{ states: ['failed'] }, 0],
    [{ createdBefore: 1 }, 0],
  ] as const) {
    const seen = new Set<string>();
    let [cursor, calls, rows]: [string | null, number, number] = [null, 0, 0];
    do {
      await server.cli('CONFIG', 'RESETSTAT');
      const page: Awaited<ReturnType<typeof store.list>> = await store.list(filter, cursor, 200);
      const { lrange, evalsha } = await commands(server);
      // Jobs are read in blocks of 128; the first and the last of a page may be read in part.
      expect(lrange!.calls).toBeLessThanOrEqual(Math.ceil(2_000 / 128) + 1);
      expect(evalsha!.calls).toBe(1);
      expect(page.jobs.length).toBeLessThanOrEqual(200);
      for (const { id } of page.jobs) seen.add(id);
      rows += page.jobs.length;
      calls += 1;
      cursor = page.cursor;
      // What is new stands before what was viewed already.
      if (calls === 5) await store.insert([newJob({ id: `later ${JSON.stringify(filter)}`, task: 'other' })]);
    } while (cursor !== null);
    expect([rows, seen.size]).toEqual([fitting, fitting]);
    expect(calls).toBeLessThanOrEqual(50_100 / 2_000 + fitting / 200 + 2);
  }
  await server.cli('CONFIG', 'RESETSTAT');
  expect(await manager.count({ task: 'few' })).toMatchObject({ pending: 10_000, exact: true });
  expect((await manager.explain(labelled[0]!.id)).causes.length).toBeGreaterThan(0);
  const { evalsha } = await commands(server);
  expect(evalsha!.calls).toBeGreaterThan(25);
  await Promise.all([manager.close(), store.close()]);
  await audit(server.url);
}, 60_000);

it('given 20,000 cancelled jobs before the first that waits, when a worker claims, then no call of it passes over all of them, and the job runs', async () => {
  const store = redis({ url: server.url });
  await store.open();
  const many = Array.from({ length: 20_000 }, (_, i) => newJob({ id: `old-${i}`, task: 'old' }));
  for (let n = 0; n < many.length; n += 1_000) await store.insert(many.slice(n, n + 1_000));
  await store.insert([newJob({ id: 'waits' })]);
  for (let cursor: string | null = null; ; ) {
    ({ cursor } = await store.control('cancel', { filter: { task: 'old' }, cursor }, 500));
    if (cursor === null) break;
  }
  let calls = 0;
  for (let more = true; more; calls++) {
    const reply = await store.exchange({
      worker: 'w',
      settle: [],
      claim: claimRequest({ token: newToken(), slots: 1 }),
    });
    more = reply.more;
    expect(reply.jobs.map(({ id }) => id)).toEqual(more ? [] : ['waits']);
  }
  // A part of them each time.
  expect(calls).toBeGreaterThan(5);
  await store.close();
  await audit(server.url);
});

it('given 20,000 jobs of one key with one slot before 100 without keys, when a worker claims, then they go into their line in pieces, once, and the others run', async () => {
  const store = redis({ url: server.url });
  await store.open();
  const limits = { ...noLimits, maxConcurrent: 1 };
  await store.configure({ groups: [{ name: 'tenant', definitionVersion: 1, limits }] });
  const many = Array.from({ length: 20_000 }, (_, i) => newJob({ id: `blocked-${i}`, keys: [tenant('full')] }));
  for (let n = 0; n < many.length; n += 1_000) await store.insert(many.slice(n, n + 1_000));
  await store.insert(Array.from({ length: 100 }, (_, i) => newJob({ id: `free-${i}` })));
  const ran: string[] = [];
  let calls = 0;
  for (let more = true; more; calls++) {
    const claim = claimRequest({ token: newToken(), slots: 50 });
    const reply = await store.exchange({ worker: 'w', settle: [], claim });
    ran.push(...reply.jobs.map(({ id }) => id));
    more = reply.more;
  }
  expect(ran).toEqual(['blocked-0', ...Array.from({ length: 100 }, (_, i) => `free-${i}`)]);
  expect(calls).toBeGreaterThan(20);
  const next = await store.exchange({ worker: 'w', settle: [], claim: claimRequest({ token: newToken(), slots: 50 }) });
  expect(next).toMatchObject({ jobs: [], more: false, nextAt: null });
  await store.close();
  await audit(server.url);
});

/** What INFO says of each command since the last reset. */
async function commands({ info }: RedisServer): Promise<Readonly<Record<string, { calls: number }>>> {
  const stats = await info.call(server, 'commandstats');
  return Object.fromEntries(
    Object.entries(stats).map(([name, text]) => {
      return [name.replace('cmdstat_', ''), { calls: Number(/calls=(\d+)/.exec(text)?.[1]) }];
    }),
  );
}
