/** Constraint groups hold inside one partition: what would use one from two is refused, whichever way it comes. */

import { TaskConstraintGroup, TaskManager, task, taskRef } from 'taskspan';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { rekeyed } from '../../../src/core/transitions.js';
import { claimRequest, newToken, settleOf, tenant } from '../../../src/store/conformance/fixtures.js';
import { redis } from '../../../src/stores/redis/index.js';
import { silent } from '../faults/load.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { jobIn, openStore, options } from './fixtures.js';

const ELSEWHERE =
  "Constraint group 'tenant' is used by queue 'one' in partition 1, and jobs of queue 'two' live in partition 2: a group holds inside one partition. Give each of these queues a group of its own, or one partition for both (places: {\"one\":1,\"two\":1}) in a namespace that is new.";

let server: RedisServer;
let made = 0;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

const inOne = task('in-one', () => {}, { queue: 'one' });
const inUno = task('in-uno', () => {}, { queue: 'uno' });
const inTwo = task('in-two', () => {}, { queue: 'two' });

function namespaceForTest(): string {
  made += 1;
  return `groups-${made}`;
}

function managerOn(namespace: string, groups: readonly TaskConstraintGroup[], work = true): TaskManager {
  const store = redis({ url: server.url, namespace, ...options });
  const manager = new TaskManager({ store, tasks: [inOne, inUno, inTwo], work, logger: silent });
  for (const group of groups) manager.addConstraintGroup(group);
  onTestFinished(() => manager.close({ timeout: 0 }));
  return manager;
}

const group = (given: Partial<ConstructorParameters<typeof TaskConstraintGroup>[0]> = {}): TaskConstraintGroup =>
  new TaskConstraintGroup({ name: 'tenant', maxConcurrent: 1, constraintKeyForExecution: () => 'acme', ...given });

describe('a constraint group over partitions', () => {
  it('given a group that a queue uses, when a queue of another partition wants it, then the job is refused with what to do, and its neighbours are taken', async () => {
    const manager = managerOn(namespaceForTest(), [group()]);
    await manager.enqueue(inOne);
    const neighbours = [manager.enqueue(inOne), manager.enqueue(inTwo), manager.enqueue(inUno)];
    const results = await Promise.allSettled(neighbours);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(neighbours[1]).rejects.toMatchObject({ code: 'INVALID_OPTION', message: ELSEWHERE });
    await expect(manager.enqueueMany(inTwo, [undefined])).rejects.toThrow(ELSEWHERE);
    await expect(manager.schedule(inTwo, undefined, { id: 's', every: '1d' })).rejects.toThrow(ELSEWHERE);
    expect(await manager.schedules()).toEqual([]);
    expect((await manager.count()).pending).toBe(3);
  });

  it('given a group that a queue uses, when another process has another queue for it, then it is refused there, too', async () => {
    const namespace = namespaceForTest();
    await managerOn(namespace, [group()]).enqueue(inOne);
    await expect(managerOn(namespace, [group()]).enqueue(inTwo)).rejects.toThrow(ELSEWHERE);
  });

  it('given two groups, one of them used elsewhere, when a job is refused, then the other one is still free', async () => {
    const namespace = namespaceForTest();
    const manager = managerOn(namespace, [group(), group({ name: 'server' })]);
    await managerOn(namespace, [group()]).enqueue(inOne);
    await expect(manager.enqueue(inTwo)).rejects.toThrow(ELSEWHERE);
    await managerOn(namespace, [group({ name: 'server' })]).enqueue(inTwo);
  });

  it('given a producer that lacks the group, when the worker finds its job to be of another partition, then the job fails and says so', async () => {
    const namespace = namespaceForTest();
    const worker = managerOn(namespace, [group()]);
    await worker.enqueue(inOne);
    const job = await managerOn(namespace, [], false).enqueue(taskRef('in-two', { queue: 'two' }), undefined, {
      attempts: 1,
    });
    await worker.start();
    await expect(job.result()).rejects.toThrow(ELSEWHERE);
    const late = await managerOn(namespace, [], false).enqueue(taskRef('in-uno', { queue: 'uno' }));
    await late.result();
  });

  it('given jobs without its engine, when they are inserted or settled with such keys, then the store refuses', async () => {
    const store = await openStore(server.url, namespaceForTest());
    await store.insert([jobIn('one', { keys: [tenant('a')] }), jobIn('two')]);
    await expect(store.insert([jobIn('uno'), jobIn('two', { keys: [tenant('b')] })])).rejects.toThrow(ELSEWHERE);
    const { jobs } = await store.exchange({
      worker: 'w',
      settle: [],
      claim: claimRequest({ queues: ['two'], token: newToken() }),
    });
    const settle = [settleOf(jobs[0]!, rekeyed([tenant('c')]))];
    await expect(store.exchange({ worker: 'w', settle, claim: null })).rejects.toThrow(ELSEWHERE);
    expect(await store.count({})).toMatchObject({ pending: 1, running: 1 });
    await store.close();
  });

  it('given jobs of two queues in one partition, when they run, then no two of a key run at once', async () => {
    let running = 0;
    let most = 0;
    const run = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running -= 1;
    };
    const tasks = [task('a', run, { queue: 'one' }), task('b', run, { queue: 'uno' })] as const;
    const manager = new TaskManager({
      store: redis({ url: server.url, namespace: namespaceForTest(), ...options }),
      tasks: [...tasks],
      logger: silent,
    });
    manager.addConstraintGroup(group());
    onTestFinished(() => manager.close({ timeout: 0 }));
    await manager.start();
    const jobs = [
      ...(await manager.enqueueMany(tasks[0], Array(10))),
      ...(await manager.enqueueMany(tasks[1], Array(10))),
    ];
    await Promise.all(jobs.map((job) => job.result()));
    expect(most).toBe(1);
  });
});

describe('a trigger under a cluster-scope group', () => {
  it('given jobs of the group in one partition, when its tasks are triggered, then they wait for those jobs, and end', async () => {
    const namespace = namespaceForTest();
    const shared = group({ scope: 'cluster' });
    const [worker, other] = [managerOn(namespace, [shared]), managerOn(namespace, [group({ scope: 'cluster' })])];
    let release = (): void => {};
    const held = task('held', () => new Promise<void>((resolve) => (release = resolve)), { queue: 'one' });
    worker.addTask(held);
    await worker.start();
    const job = await worker.enqueue(held);
    await until('the job to run', async () => (await worker.get(job.id))?.state === 'running');
    let isDone = false;
    const triggered = other.triggerTask(inUno).then(() => (isDone = true));
    await until('its permit to wait', async () => (await worker.count({ state: 'pending' })).pending === 1);
    expect(isDone).toBe(false);
    release();
    await triggered;
    await job.result();
  });

  it('given a group that nobody has used, when a task is triggered under it, then it holds in the partition of its queue from then on', async () => {
    const namespace = namespaceForTest();
    const manager = managerOn(namespace, [group({ scope: 'cluster' })]);
    await manager.triggerTask(inOne);
    await manager.enqueue(inUno);
    await expect(manager.enqueue(inTwo)).rejects.toThrow(ELSEWHERE);
  });
});
