/** A server that has reached its maxmemory, and one that would evict. */

import { TaskManager, task, taskRef } from 'taskspan';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { completed } from '../../../src/core/transitions.js';
import { claimRequest, keep, newJob, newToken, settleOf } from '../../../src/store/conformance/fixtures.js';
import { redis } from '../../../src/stores/redis/index.js';
import { audit } from '../audit.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { silent } from './load.js';

const IS_FULL = {
  code: 'STORE_FAILED',
  message: expect.stringMatching(/has reached its maxmemory, and nothing of the call was written\. .*raise maxmemory/),
};

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await makeRoom();
  await server.cli('FLUSHALL');
});

const fill = () => server.cli('CONFIG', 'SET', 'maxmemory', 1);
const makeRoom = () => server.cli('CONFIG', 'SET', 'maxmemory', 0);

describe('memory that is full', () => {
  it('given full memory, when jobs of all kinds are enqueued, then each rejects and says what to do, and nothing of it is written', async () => {
    const manager = managerFor();
    await manager.enqueue(taskRef('first'));
    await fill();
    const digest = await server.cli('DEBUG', 'DIGEST');
    const options = [{}, { in: '1h' }, { priority: 3 }, { idempotencyKey: 'k' }, { unique: { key: 'u' } }] as const;
    for (const option of options)
      await expect(manager.enqueue(taskRef('more'), 'x', option)).rejects.toMatchObject(IS_FULL);
    await expect(manager.enqueueMany(taskRef('more'), Array(50).fill('x'))).rejects.toMatchObject(IS_FULL);
    await expect(manager.schedule(taskRef('more'), undefined, { id: 's', every: '1h' })).rejects.toMatchObject(IS_FULL);
    expect(await server.cli('DEBUG', 'DIGEST')).toBe(digest);
    await makeRoom();
    for (const option of options) expect((await manager.enqueue(taskRef('more'), 'x', option)).isNew).toBe(true);
    await audit(server.url);
  });

  it('given held jobs of every kind, when their settles and the next claim come to full memory, then all of the call is written or nothing', async () => {
    const store = redis({ url: server.url });
    await store.open();
    onTestFinished(() => store.close());
    await store.insert([
      ...Array.from({ length: 6 }, (_, i) => newJob({ id: `plain-${i}` })),
      ...Array.from({ length: 4 }, (_, i) => newJob({ id: `keyed-${i}`, keys: ['tenant/a'] })),
      newJob({ id: 'urgent', priority: 5 }),
    ]);
    const first = await store.exchange({ worker: 'w', settle: [], claim: claimRequest({ slots: 6 }) });
    const settle = first.jobs.map((job) => settleOf(job, completed('1', keep)));
    await fill();
    const digest = await server.cli('DEBUG', 'DIGEST');
    const request = { worker: 'w', settle, claim: claimRequest({ token: newToken(), slots: 6 }) };
    const answer = await store.exchange(request).catch((error: unknown) => error);
    if (answer instanceof Error) expect(await server.cli('DEBUG', 'DIGEST')).toBe(digest);
    await makeRoom();
    await audit(server.url);
    const again = await store.exchange(request);
    expect(again.settled.every((one) => one === (answer instanceof Error ? 'ok' : 'repeated'))).toBe(true);
    await audit(server.url);
  });

  it('given a running job, when memory is full for longer than its lease, then its lease holds, and once there is room it completes, started once', async () => {
    let [starts, release] = [0, (): void => {}];
    const held = task('held', () => {
      starts += 1;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    const manager = managerFor(held);
    const job = await manager.enqueue(held, undefined, { attempts: 1 });
    await until('its start', () => starts === 1);
    await fill();
    const before = await inspected(job.id);
    await until('two renewals', async () => (await inspected(job.id)) > before + LEASE_MS);
    release();
    await makeRoom();
    await until('its end', async () => (await job.snapshot())?.state === 'completed');
    expect({ starts, job: await job.snapshot() }).toMatchObject({ starts: 1, job: { attempt: 1, suspect: false } });
  });

  it('given full memory, when ended jobs are deleted, then there is room again, and work goes on by itself', async () => {
    const work = task('work', () => 'x'.repeat(10_000));
    const manager = managerFor(work);
    const jobs = await manager.enqueueMany(work, Array(200).fill(undefined));
    await until('their ends', async () => (await manager.count()).completed === jobs.length);
    const { used_memory } = await server.info('memory');
    await server.cli('CONFIG', 'SET', 'maxmemory', Number(used_memory) - 100_000);
    await expect(manager.enqueue(work)).rejects.toMatchObject(IS_FULL);
    expect(await manager.delete({ state: 'completed' })).toBe(jobs.length);
    const { id } = await manager.enqueue(work);
    await until('its end', async () => (await manager.get(id))?.state === 'completed');
    await makeRoom();
    await manager.close();
    await audit(server.url);
  });
});

describe('a server that would evict', () => {
  it.each([
    ['allkeys-lru', 'problem'],
    ['volatile-ttl', 'warning'],
  ])('given the policy %s, when a manager starts, then it warns once and says what to do', async (policy, severity) => {
    await server.cli('CONFIG', 'SET', 'maxmemory', '1gb');
    await server.cli('CONFIG', 'SET', 'maxmemory-policy', policy);
    onTestFinished(async () => {
      await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await makeRoom();
    });
    const warned: string[] = [];
    const logger = { ...silent, warn: (message: string) => void warned.push(message) };
    const manager = new TaskManager({ store: server.url, logger });
    onTestFinished(() => manager.close());
    await manager.start();
    await manager.stop();
    await manager.start();
    const ours = (): readonly string[] => warned.filter((message) => message.includes(policy));
    await until('the warning', () => ours().length > 0);
    expect(ours()).toEqual([expect.stringMatching(/^taskspan: .*Set maxmemory-policy noeviction/)]);
    const { findings, store } = await manager.diagnose();
    expect(findings).toContainEqual(expect.objectContaining({ code: 'redis-eviction', severity }));
    expect(store.facts).toMatchObject({ eviction: policy, maxMemoryBytes: 1_073_741_824 });
  });
});

const LEASE_MS = 500;

function managerFor(...tasks: Parameters<TaskManager['addTask']>[0][]): TaskManager {
  const manager = new TaskManager({
    store: server.url,
    tasks,
    leaseMs: LEASE_MS,
    work: tasks.length > 0,
    logger: silent,
  });
  onTestFinished(() => manager.close({ timeout: 0 }));
  void manager.start();
  return manager;
}

/** When the lease of the running job ends. */
async function inspected(id: string): Promise<number> {
  const store = redis({ url: server.url });
  await store.open();
  try {
    return (await store.inspect(id))!.claim!.expiresAt;
  } finally {
    await store.close();
  }
}
