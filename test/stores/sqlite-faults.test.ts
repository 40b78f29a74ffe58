import { describe, expect, it } from 'vitest';
import { constraintKey } from '../../src/core/constraint.js';
import type { ClaimedJob, NewJob } from '../../src/core/job.js';
import { completed } from '../../src/core/transitions.js';
import { claimRequest, ids, keep, newJob, settleOf } from '../../src/store/conformance/fixtures.js';
import type { Store } from '../../src/store/contract.js';
import type { ClaimRequest, ExchangeReply, Settle } from '../../src/store/exchange.js';
import { drivers, openHandle, SqliteFile } from './sqlite-file.js';

const claim = (
  store: Store,
  asked: Partial<ClaimRequest> = {},
  settle: readonly Settle[] = [],
): Promise<ExchangeReply> => store.exchange({ worker: 'worker-1', settle, claim: claimRequest(asked) });

describe.each(drivers)('faults of a file under %s', (driver) => {
  it('given a damaged row at the head, when jobs are claimed, then it ends as corrupt and the others run', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    await store.insert([newJob({ id: 'damaged', labels: { a: 'b' }, priority: 9 }), newJob({ id: 'sound' })]);
    (await file.connect(driver)).run("UPDATE jobs SET extra = '{\"labels\":' WHERE id = 'damaged'");
    expect(await drain(store)).toEqual(['sound']);
    expect((await store.get(['damaged']))[0]).toMatchObject({ state: 'failed', reason: 'corrupt', labels: null });
    expect(await store.count({})).toMatchObject({ completed: 1, failed: 1, pending: 0 });
    expect((await store.list({}, null, 10)).jobs).toHaveLength(2);
  });

  it('given a damaged row in a line or among the delayed, when it comes up, then it ends as corrupt and those behind it run', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const keys = [constraintKey('tenant', 'x')];
    await store.insert([
      newJob({ id: 'in line', keys, priority: 9 }),
      newJob({ id: 'behind', keys }),
      newJob({ id: 'later', keys, delayMs: 500 }),
    ]);
    (await file.connect(driver)).run("UPDATE jobs SET extra = '[]' WHERE id IN ('in line', 'later')");
    file.now += 500;
    expect(await drain(store)).toEqual(['behind']);
    expect((await store.get(['in line', 'later'])).map((job) => job?.reason)).toEqual(['corrupt', 'corrupt']);
    const raw = await file.connect(driver);
    expect(raw.all('SELECT * FROM waits')).toEqual([]);
    expect(raw.all('SELECT * FROM keys')).toEqual([]);
  });

  it('given damaged errors, when the job is read and settled, then it is whole but for them', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    await store.insert([newJob({ id: 'a' })]);
    (await file.connect(driver)).run("UPDATE jobs SET errors = 'nonsense' WHERE id = 'a'");
    expect((await store.get(['a']))[0]?.errors).toEqual([]);
    expect(await drain(store)).toEqual(['a']);
  });

  it('given a job damaged while it runs, when it is settled, then the settle counts and its place is free', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    await store.configure({ queues: [{ name: 'images', definitionVersion: 1, concurrency: 1 }] });
    await store.insert([
      newJob({ id: 'a', labels: { a: 'b' }, unique: { key: 'u', until: 'finished', onConflict: 'keep' } }),
      newJob({ id: 'b' }),
    ]);
    const { jobs } = await claim(store, { slots: 1 });
    (await file.connect(driver)).run("UPDATE jobs SET extra = '{' WHERE id = 'a'");
    const reply = await claim(
      store,
      { slots: 1 },
      jobs.map((job) => settleOf(job, completed(null, keep))),
    );
    expect(reply.settled).toEqual(['ok']);
    expect(ids(reply)).toEqual(['b']);
  });

  it('given a lock that another connection holds for a while, when verbs are called, then they wait and no BUSY surfaces', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const raw = await file.connect(driver);
    raw.exec('BEGIN IMMEDIATE');
    const inserted = store.insert([newJob({ id: 'a' })]);
    setTimeout(() => raw.exec('COMMIT'), 400);
    expect(await inserted).toMatchObject([{ status: 'inserted' }]);
  });

  it('given nothing to do, when exchanges are made while another connection holds the write lock, then they answer at once', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    await store.insert([newJob({ id: 'later', delayMs: 5_000 })]);
    const raw = await file.connect(driver);
    raw.exec('BEGIN IMMEDIATE');
    expect(await claim(store, { suspectToken: 's', adopt: ['task:x'] })).toMatchObject({
      jobs: [],
      more: false,
      nextAt: file.now + 5_000,
    });
    raw.exec('COMMIT');
  });

  it('given another connection that commits, when a store is subscribed, then it hears of it, and not of its own commits', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const other = await file.open({ driver });
    let heard = 0;
    let tell = (): void => undefined;
    const end = store.notify?.subscribe(() => {
      heard += 1;
      tell();
    });
    await store.insert([newJob({ id: 'own' })]);
    // Longer than the slower of the two ways to notice.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard).toBe(0);
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await other.insert([newJob({ id: 'foreign' })]);
    await told;
    expect(heard).toBe(1);
    end?.();
    await other.insert([newJob({ id: 'unheard' })]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard).toBe(1);
  });

  it('given settings of another process, when jobs are claimed, then they hold here too', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const other = await file.open({ driver });
    await store.insert([newJob({ id: 'a' }), newJob({ id: 'b', keys: [constraintKey('tenant', 'x')] })]);
    await claim(store, { slots: 0 });
    await other.configure({ queues: [{ name: 'images', definitionVersion: 1, paused: true }] });
    expect(await claim(store)).toMatchObject({ jobs: [], paused: ['images'] });
  });

  it('given many lines of a group, when its limit is raised, then those beyond the first thousand are opened by the chores', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const limits = { maxConcurrent: 0, cooldownMs: 0, rate: null };
    await store.configure({ groups: [{ name: 'tenant', definitionVersion: 1, limits }] });
    await store.insert(
      Array.from({ length: 1_500 }, (_, i) => newJob({ id: `job-${i}`, keys: [constraintKey('tenant', String(i))] })),
    );
    await store.configure({
      groups: [{ name: 'tenant', definitionVersion: 2, limits: { ...limits, maxConcurrent: 1 } }],
    });
    expect((await drain(store)).length).toBe(1_000);
    while ((await store.maintain({ term: null, limit: 400 })).more);
    expect((await drain(store)).length).toBe(500);
  });

  it('given lines that cool down, when the clock steps back an hour, then they open after one more cooldown', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const limits = { maxConcurrent: null, cooldownMs: 2_000, rate: { limit: 1, perMs: 2_000 } };
    await store.configure({ groups: [{ name: 'tenant', definitionVersion: 1, limits }] });
    const keys = [constraintKey('tenant', '')];
    await store.insert([newJob({ id: 'a', keys }), newJob({ id: 'b', keys })]);
    await store.maintain({ term: null, limit: 10 });
    expect(await drain(store)).toEqual(['a']);
    file.now -= 3_600_000;
    await store.maintain({ term: null, limit: 10 });
    expect((await claim(store)).nextAt).toBe(file.now + 2_000);
    file.now += 2_000;
    expect(await drain(store)).toEqual(['b']);
  });

  it('given jobs that ended and were pruned, when all is gone, then no count, key, line or claim is left behind', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    await store.configure({
      groups: [
        {
          name: 'tenant',
          definitionVersion: 1,
          limits: { maxConcurrent: 1, cooldownMs: 50, rate: { limit: 3, perMs: 1_000 } },
        },
      ],
    });
    const jobs: NewJob[] = [];
    for (let i = 0; i < 40; i++)
      jobs.push(newJob({ id: `job-${i}`, keys: i % 2 === 0 ? [constraintKey('tenant', String(i % 3))] : null }));
    await store.insert(jobs);
    for (let i = 0; i < 200; i++) {
      await drain(store);
      file.now += 100;
    }
    file.now += 10 * 86_400_000;
    while ((await store.maintain({ term: null, limit: 25 })).more);
    await store.maintain({ term: null, limit: 25 });
    const raw = await file.connect(driver);
    for (const table of ['jobs', 'counts', 'counted', 'orphans', 'keys', 'waits', 'claims']) {
      expect(raw.all(`SELECT * FROM ${table}`), table).toEqual([]);
    }
  });
});

describe('a full disk', () => {
  it('given a file that may not grow, when jobs are inserted, then it rejects, nothing is half written, and it goes on when there is room', async () => {
    const file = SqliteFile.forTest();
    const database = await openHandle(file.path);
    const store = await file.open({ database });
    const large = (id: string): NewJob => newJob({ id, input: 'x'.repeat(50_000) });
    await store.insert([large('first')]);
    const pages = (database.prepare('PRAGMA page_count').get([]) as { page_count: number }).page_count;
    database.exec(`PRAGMA max_page_count = ${pages + 20}`);
    const batch = Array.from({ length: 10 }, (_, i) => large(`more-${i}`));
    await expect(store.insert(batch)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('full'),
      cause: expect.anything(),
    });
    expect(await store.count({})).toMatchObject({ pending: 1 });
    expect((await store.list({}, null, 100)).jobs.map((job) => job.id)).toEqual(['first']);
    database.exec('PRAGMA max_page_count = 100000');
    expect((await store.insert(batch)).every((answer) => answer.status === 'inserted')).toBe(true);
    expect(database.prepare('PRAGMA integrity_check').get([])).toMatchObject({ integrity_check: 'ok' });
    await store.close();
    database.close();
  });
});

/** Claims and completes until nothing is left to claim now. Ids in the order of claim. */
async function drain(store: Store): Promise<readonly string[]> {
  const order: string[] = [];
  let held: readonly ClaimedJob[] = [];
  for (;;) {
    const reply = await claim(
      store,
      {},
      held.map((job) => settleOf(job, completed(null, keep))),
    );
    held = reply.jobs;
    order.push(...ids(reply));
    if (held.length === 0 && !reply.more) return order;
  }
}
