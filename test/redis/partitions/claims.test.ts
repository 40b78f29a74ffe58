/** Claims over partitions: bounds, turns, repetitions, heartbeats, suspects. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completed, orphaned } from '../../../src/core/transitions.js';
import { claimRequest, keep, newPresence, newToken, settleOf } from '../../../src/store/conformance/fixtures.js';
import type { ClaimRequest, ExchangeReply, Settle, Store } from '../../../src/store/index.js';
import { audit } from '../audit.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { jobIn, openStore, PARTITIONS, type Queue } from './fixtures.js';

const QUEUES: readonly Queue[] = ['zero', 'one', 'two'];
const LEASE_MS = 30_000;
const orphan = jobIn('one');

let server: RedisServer;
let store: Store;
let now = 0;
let made = 0;
let namespace = '';
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await store.close();
  await server.stop();
});
beforeEach(async () => {
  await store?.close();
  made += 1;
  namespace = `claims-${made}`;
  now = 1_800_000_000_000;
  store = await openStore(server.url, namespace, { clock: () => now });
});

function claim(asked: Partial<ClaimRequest> = {}, settle: readonly Settle[] = []): Promise<ExchangeReply> {
  return store.exchange({
    worker: 'w',
    settle,
    claim: claimRequest({ queues: QUEUES, token: newToken(), leaseMs: LEASE_MS, ...asked }),
  });
}

function inAll(each: number): ReturnType<typeof jobIn>[] {
  return QUEUES.flatMap((queue) => Array.from({ length: each }, () => jobIn(queue)));
}

function ends(jobs: ExchangeReply['jobs']): Settle[] {
  return jobs.map((job) => settleOf(job, completed(null, keep)));
}

async function auditAll(): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) await audit(server.url, namespace, partition);
}

describe('a claim over partitions', () => {
  it('given jobs in each, when it is made again and again, then each answer is of one partition, the next of another, and none has more than was asked for', async () => {
    await store.insert(inAll(4));
    const order: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { jobs, more } = await claim({ slots: 1, prefetch: 1 });
      expect(jobs).toHaveLength(2);
      expect(new Set(jobs.map(({ queue }) => queue)).size).toBe(1);
      order.push(jobs[0]!.queue);
      expect(more).toBe(true);
    }
    expect(order.slice(3)).toEqual(order.slice(0, 3));
    expect([...order.slice(0, 3)].sort()).toEqual(['one', 'two', 'zero']);
    expect(await claim({ slots: 1, prefetch: 1 })).toMatchObject({ jobs: [], more: false });
  });

  it('given a job in one of them and nothing elsewhere, when it is made, then it has that job, whichever one', async () => {
    for (const queue of [...QUEUES, ...QUEUES]) {
      const job = jobIn(queue);
      await store.insert([job]);
      expect((await claim({ slots: 5 })).jobs.map(({ id }) => id)).toEqual([job.id]);
    }
  });

  it('given a partition with more than can be done, and news of it before each claim, when others have jobs too, then these have their turns', async () => {
    await store.insert([...Array.from({ length: 30 }, () => jobIn('zero')), jobIn('one'), jobIn('two')]);
    const queues = new Set<string>();
    for (let i = 0; i < 6; i++) {
      await store.insert([jobIn('zero')]);
      for (const job of (await claim({ slots: 2 })).jobs) queues.add(job.queue);
    }
    expect(queues).toEqual(new Set(QUEUES));
  });

  it('given two workers on one client that claim in turn, one of them from one partition only, when there is work everywhere, then the other comes to each', async () => {
    await store.insert(inAll(20));
    const queues = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const both = claimRequest({ queues: ['zero', 'one'], token: newToken(), slots: 1 });
      for (const job of (await store.exchange({ worker: 'both', settle: [], claim: both })).jobs) queues.add(job.queue);
      await claim({ queues: ['zero'], slots: 1 });
    }
    expect([...queues].sort()).toEqual(['one', 'zero']);
  });

  it('given a job that waits for a worker which knows its task, and work everywhere, when such a worker names what it was told of, then it gets that job', async () => {
    await store.insert([jobIn('one', { id: orphan.id, task: 'mail' })]);
    const first = await claim({ slots: 1 });
    await store.exchange({ worker: 'w', settle: [settleOf(first.jobs[0]!, orphaned('mail'))], claim: null });
    await store.insert(inAll(20));
    const taken: string[] = [];
    let adopt: readonly string[] = [];
    for (let i = 0; i < 2 * PARTITIONS; i++) {
      const { jobs, orphans } = await claim({ slots: 1, adopt });
      taken.push(...jobs.map(({ id }) => id));
      adopt = orphans;
    }
    expect(taken).toContain(orphan.id);
    expect(adopt).toEqual([]);
  });

  it('given delayed jobs, when nothing is due, then the reply tells when the first of all is; and names of orphans and pauses of all', async () => {
    await store.insert([
      jobIn('one', { delayMs: 900 }),
      jobIn('two', { delayMs: 500 }),
      jobIn('zero', { delayMs: 700 }),
    ]);
    await store.configure({
      queues: [
        { name: 'two', definitionVersion: 1, paused: false },
        { name: 'uno', definitionVersion: 1, paused: true },
      ],
    });
    expect(await claim({ queues: [...QUEUES, 'uno'] })).toMatchObject({
      nextAt: now + 500,
      paused: ['uno'],
      more: false,
    });
  });

  it('given a reply with jobs, when the call is repeated, also after another one, then it answers the same, and takes no more', async () => {
    await store.insert(inAll(2));
    const request = { token: 'first', slots: 5 };
    const first = await claim(request);
    const second = await claim({ token: 'second', slots: 5 });
    expect((await claim(request)).jobs).toEqual(first.jobs);
    expect((await claim({ token: 'second', slots: 5 })).jobs).toEqual(second.jobs);
    expect((await store.count({})).running).toBe(4);
    await claim({ token: 'third', slots: 5 }, [...ends(first.jobs), ...ends(second.jobs)]);
    expect(await store.count({})).toMatchObject({ running: 2, completed: 4 });
    await auditAll();
  });

  it('given settles of three partitions, one of a stranger and one twice, when they go with a claim, then the answers come in their order', async () => {
    await store.insert(inAll(2));
    const held: ExchangeReply['jobs'][number][] = [];
    for (let i = 0; i < 3; i++) held.push(...(await claim({ slots: 2 })).jobs);
    const [a, ...others] = ends(held) as [Settle, ...Settle[]];
    const stranger = { ...a, id: 'nobody' };
    const late = { ...(others.at(-1) as Settle), token: 'of-nobody' };
    const { settled } = await claim({}, [a, stranger, ...others, late, a]);
    expect(settled).toEqual(['ok', 'lost', ...others.map(() => 'ok'), 'lost', 'repeated']);
    expect((await store.count({})).completed).toBe(6);
  });

  it('given suspects in each partition, when claims may take one, then each takes one, under its own token', async () => {
    await store.insert(inAll(1));
    for (let i = 0; i < 3; i++) await claim({ slots: 1, leaseMs: 1_000 });
    now += 1_001;
    expect((await store.maintain({ term: null, limit: 100 })).rescued).toBe(3);
    const taken = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const { jobs } = await claim({ slots: 3, suspectToken: `suspect-${i}` });
      expect(jobs.map(({ token, suspect }) => [token, suspect])).toEqual([[`suspect-${i}`, true]]);
      taken.add(jobs[0]!.queue);
    }
    expect(taken.size).toBe(3);
  });
});

describe('the heartbeat over partitions', () => {
  const beat = (tokens: readonly string[], leaving = false) =>
    store.extend({ worker: newPresence({ queues: ['one'] }), tokens, leaseMs: LEASE_MS, leaving });

  it('given tokens of several partitions, one of a client that is gone, when they are renewed, then all are kept, and only what nobody holds is lost', async () => {
    await store.insert(inAll(1));
    for (const token of ['a', 'b', 'c']) await claim({ token, slots: 1 });
    const other = await openStore(server.url, namespace, { clock: () => now });
    now += LEASE_MS - 1;
    for (const one of [store, other]) {
      const reply = await one.extend({
        worker: newPresence(),
        tokens: ['a', 'b', 'c', 'stranger'],
        leaseMs: LEASE_MS,
        leaving: false,
      });
      expect(reply.lost).toEqual(['stranger']);
      now += LEASE_MS - 1;
      expect((await store.maintain({ term: null, limit: 100 })).rescued).toBe(0);
    }
    now += 2;
    expect((await store.maintain({ term: null, limit: 100 })).rescued).toBe(3);
    expect((await beat(['a', 'b', 'c'])).lost).toEqual(['a', 'b', 'c']);
    await other.close();
    await auditAll();
  });

  it('given held jobs of two partitions, when both are asked to stop, then the heartbeat names both; and the pauses of its queues', async () => {
    await store.insert([jobIn('one'), jobIn('two')]);
    const jobs = [...(await claim({ token: 'a' })).jobs, ...(await claim({ token: 'b' })).jobs];
    const ids = jobs.map(({ id }) => id);
    expect((await store.control('cancel', { ids }, 10)).answers.map(({ outcome }) => outcome)).toEqual([
      'requested',
      'requested',
    ]);
    await store.configure({ queues: [{ name: 'one', definitionVersion: 1, paused: true }] });
    const reply = await beat(['a', 'b']);
    expect([...reply.cancel].sort()).toEqual(ids.sort());
    expect(reply.paused).toEqual(['one']);
  });

  it('given a worker, when it beats and leaves, then it is there once, and then not', async () => {
    await beat([]);
    expect(await store.workers()).toMatchObject([{ id: 'worker-1', queues: ['one'] }]);
    await beat([], true);
    expect(await store.workers()).toEqual([]);
    for (let partition = 0; partition < PARTITIONS; partition++)
      expect(await server.cli('EXISTS', `{taskspan:${namespace}:${partition}}:workers`)).toBe(0);
  });
});

describe('chores over partitions', () => {
  async function expireAll(each: number): Promise<void> {
    await store.insert(inAll(each));
    for (let i = 0; i < 3; i++) await claim({ slots: each, leaseMs: 1_000 });
    now += 1_001;
  }

  it.each([1, 2, 3, 12])(
    'given more to rescue in each than the bound of %i, when they are done again and again, then none goes beyond it, and all is done',
    async (limit) => {
      await expireAll(10);
      const counts: number[] = [];
      for (let more = true; more; ) {
        const reply = await store.maintain({ term: null, limit });
        counts.push(reply.rescued);
        more = reply.more;
      }
      expect(Math.max(...counts)).toBeLessThanOrEqual(limit);
      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(30);
      expect(await store.count({})).toMatchObject({ pending: 30, running: 0 });
    },
  );

  it('given a term that is over, when its leader does chores, then they are refused before any is done anywhere', async () => {
    await expireAll(1);
    const first = (await store.leader!.campaign('a', 1_000)) as number;
    now += 1_001;
    await store.leader!.campaign('b', 1_000);
    expect(await store.maintain({ term: first, limit: 10 })).toMatchObject({ refused: true, rescued: 0, more: false });
    expect((await store.count({})).running).toBe(3);
  });

  it('given a partition that has seen a higher term, when chores are done under a lower one, then they are refused', async () => {
    await store.maintain({ term: 7, limit: 10 });
    await server.cli('HSET', `{taskspan:${namespace}:2}:state`, 'term', 9);
    expect(await store.maintain({ term: 8, limit: 10 })).toMatchObject({ refused: true });
  });
});

it('given another process, when it enqueues in one partition after the other, then the news of each is heard, and the next claim begins there', async () => {
  const other = await openStore(server.url, namespace, { clock: () => now });
  let heard = 0;
  const end = store.notify!.subscribe(() => (heard += 1));
  await until('the subscription', () => heard > 0);
  for (const queue of [...QUEUES, ...QUEUES]) {
    const before = heard;
    await other.insert([jobIn(queue)]);
    await until('the news', () => heard > before);
    const calls = await scriptsRun();
    expect((await claim({ slots: 1 })).jobs.map((job) => job.queue)).toEqual([queue]);
    expect((await scriptsRun()) - calls).toBe(1);
    // All are asked before there is nothing.
    expect((await claim({ slots: 1 })).jobs).toEqual([]);
    expect((await scriptsRun()) - calls).toBe(1 + PARTITIONS);
  }
  end();
  await other.close();
});

async function scriptsRun(): Promise<number> {
  const { cmdstat_evalsha = '' } = await server.info('commandstats');
  return Number(/calls=(\d+)/.exec(cmdstat_evalsha)?.[1] ?? 0);
}
