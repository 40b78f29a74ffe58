/** Real processes over partitions that are killed: a worker, and the leader. */

import { TaskManager, taskRef } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LEASE_MS, Machine } from '../../processes/machine.js';
import { audit } from '../audit.js';
import { silent } from '../faults/load.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { openStore, PARTITIONS, parameters } from './fixtures.js';

const PREFIXES = Array.from({ length: PARTITIONS }, (_, i) => `{taskspan:default:${i}}:`);

describe('processes over partitions', () => {
  it('given a worker that holds jobs of two partitions, when it is killed with kill -9, then another runs them, each partition is in order, and nothing is doubled', async () => {
    const { server, machine } = await machineForTest();
    const inOne = taskRef('first', { queue: 'one' });
    const inTwo = taskRef('second', { queue: 'two' });
    const queues = { first: 'one', second: 'two' };
    const victim = await machine.worker('a', { tasks: { first: 'ignores', second: 'ignores' }, queues });
    const jobs = [
      ...(await machine.manager.enqueueMany(inOne, [1, 2])),
      ...(await machine.manager.enqueueMany(inTwo, [3, 4])),
    ];
    for (const { id } of jobs) await machine.line({ worker: 'a', what: 'started', job: id });
    const held = await Promise.all(PREFIXES.map((prefix) => server.cli('HLEN', `${prefix}claims`)));
    expect(held[0]).toBe(0);
    expect(Number(held[1])).toBeGreaterThan(0);
    expect(Number(held[2])).toBeGreaterThan(0);
    victim.send('SIGKILL');
    await victim.ended;
    const heir = await machine.worker('b', { tasks: { first: 'works', second: 'works' }, queues });
    for (const { id } of jobs)
      expect(await machine.ended(id)).toMatchObject({
        state: 'completed',
        result: { by: 'b' },
        attempt: 1,
        suspect: true,
      });
    for (const { id } of jobs) expect(machine.journal.of({ worker: 'b', what: 'started', job: id })).toHaveLength(1);
    heir.send('SIGTERM');
    await heir.ended;
    for (let partition = 0; partition < PARTITIONS; partition++) await audit(server.url, 'default', partition);
  }, 40_000);

  it('given workers at work in all partitions, when they are killed again and again, then each job ends once', async () => {
    const { server, machine } = await machineForTest();
    const queues = { zero: 'zero', one: 'one', two: 'two', uno: 'uno' };
    const tasks = { zero: 'works', one: 'works', two: 'works', uno: 'works' } as const;
    const settings = { tasks, queues, concurrency: 6 } as const;
    const workers = ['a', 'b'].map((name) => machine.launch(name, settings));
    const ids = new Set<string>();
    const enqueue = async (): Promise<void> => {
      for (const queue of Object.keys(queues)) {
        const jobs = await machine.manager.enqueueMany(taskRef(queue, { queue }), Array(20), { attempts: 5 });
        for (const { id } of jobs) ids.add(id);
      }
    };
    for (let kill = 0; kill < 6; kill++) {
      const { pid } = workers[kill % 2]!;
      await machine.until('a victim at its work', async () => {
        if (machine.journal.life(pid).some(({ what }) => what === 'started')) return true;
        // The other one may have done all of it.
        if ((await machine.manager.count()).pending < 20) await enqueue();
        return false;
      });
      workers[kill % 2]!.send('SIGKILL');
      await workers[kill % 2]!.ended;
      workers[kill % 2] = machine.launch('ab'[kill % 2]!, settings);
    }
    await machine.until('the end of all', async () => (await machine.manager.count()).completed === ids.size, 60_000);
    expect(new Set((await machine.jobs()).map(({ id }) => id))).toEqual(ids);
    for (const worker of workers) worker.send('SIGTERM');
    await Promise.all(workers.map(({ ended }) => ended));
    for (let partition = 0; partition < PARTITIONS; partition++) await audit(server.url, 'default', partition);
  }, 90_000);

  it('given a leader that is killed, when another leads, then its term holds in every partition, and the old one is refused in each', async () => {
    const { server, machine } = await machineForTest();
    const child = await machine.worker('a', { tasks: { own: 'works' } });
    const first = await leaderOf(server);
    await until('its chores in each', async () => (await terms(server)).every((term) => term === first.term));
    const heir = new TaskManager({ store: storeUrl(server), leaseMs: LEASE_MS, logger: silent });
    onTestFinished(() => heir.close({ timeout: 0 }));
    await heir.start();
    child.send('SIGKILL');
    await child.ended;
    await until('another to lead', async () => (await leaderOf(server)).worker === heir.id);
    const second = await leaderOf(server);
    expect(second.term).toBeGreaterThan(first.term);
    await until('its chores in each', async () => (await terms(server)).every((term) => term === second.term));
    const store = await openStore(server.url, 'default');
    expect(await store.maintain({ term: first.term, limit: 10 })).toMatchObject({ refused: true, rescued: 0 });
    expect(await store.maintain({ term: second.term, limit: 10 })).toMatchObject({ refused: false });
    await store.close();
  }, 40_000);
});

function storeUrl(server: RedisServer): string {
  return `${server.url}?${parameters}`;
}

async function machineForTest(): Promise<{ server: RedisServer; machine: Machine }> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return { server, machine: new Machine(undefined, storeUrl(server)) };
}

async function leaderOf(server: RedisServer): Promise<{ readonly worker: string; readonly term: number }> {
  const stored = (): Promise<unknown> => server.cli('HGET', `${PREFIXES[0]}state`, 'leader');
  await until('somebody to lead', async () => (await stored()) !== null);
  const { worker, term } = JSON.parse(String(await stored())) as { worker: string; term: string };
  return { worker, term: Number(term) };
}

/** The highest that each partition has seen. */
function terms(server: RedisServer): Promise<readonly number[]> {
  return Promise.all(PREFIXES.map(async (prefix) => Number(await server.cli('HGET', `${prefix}state`, 'term'))));
}
