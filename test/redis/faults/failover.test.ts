/** A replica takes over that had not got the newest writes. */

import { TaskManager, task } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redis } from '../../../src/stores/redis/index.js';
import { audit } from '../audit.js';
import { startReplicated } from '../servers/index.js';
import type { ReplicatedRedis } from '../servers/replicated.js';
import { until } from '../servers/until.js';
import { Load, silent } from './load.js';
import { watched } from './watched.js';

describe('a failover to a replica that lags', () => {
  it('given managers at work, when it happens three times, then all reconnect by themselves, each reports each loss once, no token and no term is given twice, and what the replica had is done', async () => {
    const replicated = await replicatedForTest();
    const stores = [watched(replicated.url), watched(replicated.url)];
    const load = await new Load(replicated.url, { store: (i) => stores[i]!.store }).start();
    const gone = new Set<string>();
    for (let failover = 1; failover <= 3; failover++) {
      load.flow();
      await load.progress(100);
      // What is acknowledged after the replica has caught up it may miss.
      const had = new Set(load.acknowledged);
      await replicated.catchUp();
      replicated.lag();
      await load.progress(100);
      await replicated.promote();
      replicated.front.cut();
      const since = performance.now();
      await load.progress(50);
      expect(performance.now() - since).toBeLessThan(10_000);
      await until('both to notice', () => load.losses.every((n) => n === failover));
      await load.stopFlow();
      await load.expectEndOfAll();
      const kept = new Set(await load.ids());
      expect([...had].filter((id) => !kept.has(id) && !gone.has(id))).toEqual([]);
      for (const id of load.acknowledged) if (!kept.has(id)) gone.add(id);
      expect([...kept].filter((id) => !load.acknowledged.has(id))).toEqual([]);
      await replicated.rejoin();
    }
    expect(load.refused).toEqual([]);
    for (const { claims } of stores) {
      for (const answers of claims.values()) expect(answers.length).toBe(1);
    }
    const [one, other] = stores.map(({ claims }) => claims);
    expect([...one!.keys()].filter((token) => other!.has(token))).toEqual([]);
    const [mine, theirs] = stores.map(({ terms }) => terms);
    expect([...mine!.keys()].filter((term) => theirs!.has(term))).toEqual([]);
    await load.close();
    await audit(replicated.primary.url);
  }, 60_000);

  it('given a claim that only the old primary had, when another worker holds the job in the new one, then the first one is refused, and its leases are gone', async () => {
    const replicated = await replicatedForTest();
    const started: string[] = [];
    const releases: (() => void)[] = [];
    const held = (name: string) =>
      task('held', () => {
        started.push(name);
        return new Promise<string>((resolve) => releases.push(() => resolve(name)));
      });
    const a = new TaskManager({ store: replicated.url, tasks: [held('a')], logger: silent, leaseMs: 30_000 });
    const b = new TaskManager({ store: replicated.url, tasks: [held('b')], logger: silent, leaseMs: 30_000 });
    onTestFinished(async () => {
      await Promise.all([a.close({ timeout: 0 }), b.close({ timeout: 0 })]);
    });
    const lost: string[] = [];
    a.on('lost', ({ job }) => lost.push(job.id));
    await a.start();
    await a.pause('default');
    const { id } = await a.enqueue(held('a'));
    await replicated.catchUp();
    replicated.lag();
    await a.resumeQueue('default');
    await until('the first start', () => started.length === 1);
    await replicated.promote();
    replicated.front.cut();
    await b.start();
    await b.resumeQueue('default');
    await until('the second start', () => started.length === 2);
    const store = redis({ url: replicated.url });
    await store.open();
    const [record] = await store.get([id]);
    const { claim } = (await store.inspect(id))!;
    await store.close();
    releases[0]!();
    await until('the refusal', () => lost.length === 1);
    expect(await a.get(id)).toMatchObject({ state: 'running', attempt: 1 });
    expect({ token: record!.token, claim }).toMatchObject({
      token: expect.any(String),
      claim: { worker: expect.any(String) },
    });
    releases[1]!();
    await until('the end', async () => (await b.get(id))?.state === 'completed');
    expect(await b.get(id)).toMatchObject({ result: 'b', attempt: 1 });
    expect({ started, lost }).toEqual({ started: ['a', 'b'], lost: [id] });
    await Promise.all([a.close(), b.close()]);
    await audit(replicated.primary.url);
  }, 30_000);

  it('given chores under a term that the new primary has never given, when others campaign there, then that term is given to nobody', async () => {
    let now = 1_800_000_000_000;
    const replicated = await replicatedForTest();
    const store = redis({ url: replicated.url, clock: () => now });
    await store.open();
    onTestFinished(() => store.close());
    const leader = store.leader!;
    await leader.campaign('a', 1_000);
    await replicated.catchUp();
    replicated.lag();
    now += 5_000;
    const old = await leader.campaign('b', 10_000);
    await replicated.promote();
    replicated.front.cut();
    // The new primary's clock is behind.
    now -= 3_000;
    const term = await leader.campaign('c', 10_000);
    expect(term).not.toBe(old);
    expect((await store.maintain({ term: old, limit: 10 })).refused).toBe(false);
    expect((await store.maintain({ term, limit: 10 })).refused).toBe(true);
    const next = await leader.campaign('c', 10_000);
    expect(next).toBeGreaterThan(old!);
    expect((await store.maintain({ term: old, limit: 10 })).refused).toBe(true);
  });
});

async function replicatedForTest(): Promise<ReplicatedRedis> {
  const replicated = await startReplicated();
  onTestFinished(() => replicated.stop());
  return replicated;
}
