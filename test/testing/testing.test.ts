import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type JobHandle, TaskConstraintGroup, TaskManager, task } from '../../src/index.js';
import { sqlite } from '../../src/stores/sqlite/index.js';
import { type Testing, type TestingOptions, testing } from '../../src/testing/index.js';

function opened(options?: TestingOptions): Testing {
  const t = testing({ logger: silent, ...options });
  onTestFinished(t.close);
  return t;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Notes at which ms of the test it was called; fails at first, as often as asked. */
function noted(t: () => Testing, failures = 0) {
  const at: number[] = [];
  let startAt: number | undefined;
  const mail = task(
    'mail',
    async (input: { readonly to: string }) => {
      startAt ??= t().clock.now;
      at.push(t().clock.now - startAt);
      if (at.length <= failures) throw new Error('The server is busy.');
      return input.to.length;
    },
    { retry: { attempts: 3, backoff: '1m' } },
  );
  return { mail, at };
}

describe('the clock', () => {
  it('given a delayed job, when the clock is advanced to its time and not before, then it runs', async () => {
    const { mail, at } = noted(() => t);
    const t = opened({ tasks: [mail], startAt: new Date(Date.UTC(2031, 5, 1)) });
    expect(t.clock.now).toBe(Date.UTC(2031, 5, 1));
    const job = await t.manager.enqueue(mail, { to: 'ada' }, { in: '1h' });
    await t.clock.advance('59m');
    expect(at).toEqual([]);
    await t.clock.advance('1m');
    expect(at).toEqual([0]);
    expect((await job.snapshot())?.endedAt).toBe(Date.UTC(2031, 5, 1, 1));
    expect(await job.result()).toBe(3);
  });

  it('given a function that sleeps, when the clock passes, then it wakes; a signal wakes it with its reason', async () => {
    const nap = task('nap', (_input: undefined, { signal }) => t.clock.sleep('10m', signal), {
      timeout: '15m',
      retry: { attempts: 1 },
    });
    const long = task('long', (_input: undefined, { signal }) => t.clock.sleep('1d', signal), {
      timeout: '15m',
      retry: { attempts: 1 },
    });
    const t = opened({ tasks: [nap, long] });
    const [first, second] = [await t.manager.enqueue(nap), await t.manager.enqueue(long)];
    await t.drain();
    expect((await first.snapshot())?.state).toBe('running');
    await t.clock.advance('10m');
    expect((await first.snapshot())?.state).toBe('completed');
    expect((await t.waitFor(second, 'failed')).lastError?.reason).toBe('timed-out');
    expect(t.clock.now - Date.UTC(2030, 0, 1)).toBe(15 * 60_000);
    await expect(t.clock.sleep(1, AbortSignal.abort('no'))).rejects.toBe('no');
  });

  it('given a schedule, when a day passes, then it has fired in each slot', async () => {
    const { mail, at } = noted(() => t);
    const t = opened({ tasks: [mail] });
    await t.manager.schedule(mail, { to: 'ada' }, { id: 'often', every: '6h' });
    await t.clock.advance('1d');
    expect(at).toHaveLength(4);
  });
});

describe('drain', () => {
  it('given jobs that enqueue others and one that is delayed, when it is drained, then all that is due has run, and no time has passed', async () => {
    const seen: string[] = [];
    const leaf = task('leaf', async (name: string) => void seen.push(name));
    const tree = task('tree', async (name: string, ctx) => {
      await ctx.enqueue(leaf, `${name}1`);
      await ctx.enqueue(leaf, `${name}2`, { in: '1s' });
    });
    const t = opened({ tasks: [leaf, tree] });
    const before = t.clock.now;
    await t.manager.enqueueMany(tree, ['a', 'b']);
    expect(seen).toEqual([]);
    await t.drain();
    expect(seen).toEqual(['a1', 'b1']);
    expect(t.clock.now).toBe(before);
    await t.drain({ includeDelayed: true });
    expect(seen).toEqual(['a1', 'b1', 'a2', 'b2']);
    expect(t.clock.now).toBe(before + 1_000);
  });

  it('given many more jobs than run at once, when it is drained, then all have ended, and the clock has hardly moved', async () => {
    const quick = task('quick', async (_n: number) => {});
    const t = opened({ tasks: [quick], concurrency: 3 });
    await t.manager.enqueueMany(
      quick,
      Array.from({ length: 200 }, (_, n) => n),
    );
    await t.drain();
    expect((await t.manager.count()).completed).toBe(200);
    expect(t.clock.now - Date.UTC(2030, 0, 1)).toBeLessThan(100);
  });

  it('given a function that waits for something real, when it is drained, then it is waited for', async () => {
    const slow = task('slow', () => new Promise<number>((resolve) => setTimeout(resolve, 30, 7)));
    const t = opened({ tasks: [slow], patience: '30s' });
    const job = await t.manager.enqueue(slow);
    await t.drain();
    expect(await job.result()).toBe(7);
  });

  it('given a function that never ends, when it is drained, then the error names it; once it ends, the next drain is well', async () => {
    let open = (): void => {};
    const stuck = task('stuck', () => new Promise<void>((resolve) => (open = resolve)));
    const t = opened({ tasks: [stuck], patience: 20 });
    const job = await t.manager.enqueue(stuck);
    await expect(t.drain()).rejects.toThrow(`'stuck' (job ${job.id})`);
    open();
    await t.drain();
    expect((await job.snapshot())?.state).toBe('completed');
  });

  it('given retries, when it is drained with what is delayed, then each ran at its time', async () => {
    const { mail, at } = noted(() => t, 2);
    const t = opened({ tasks: [mail] });
    await t.manager.enqueue(mail, { to: 'ada' });
    await t.drain({ includeDelayed: true });
    expect(at).toEqual([0, 60_000, 120_000]);
  });

  it('given a job beyond the limit, when it is drained with what is delayed, then the error says which, and what it waits for', async () => {
    const { mail } = noted(() => t);
    const t = opened({ tasks: [mail] });
    const { id } = await t.manager.enqueue(mail, { to: 'ada' }, { in: '3h' });
    await expect(t.drain({ includeDelayed: true, limit: '2h' })).rejects.toThrow(
      new RegExp(`moved the clock by 2h[^]*${id} of task 'mail' is pending: It is due in[^]*longer limit`),
    );
    expect(t.clock.now - Date.UTC(2030, 0, 1)).toBeLessThanOrEqual(2 * 3_600_000);
  });

  it('given a task that enqueues itself for ever, when it is drained, then the error says so', async () => {
    const again = task('again', async (n: number, ctx): Promise<void> => {
      await ctx.enqueue(again as never, (n + 1) as never);
    });
    const t = opened({ tasks: [again] });
    await t.manager.enqueue(again, 0);
    await expect(t.drain()).rejects.toThrow(/'again' 5\d{3} times.*no end/);
  });

  it('given a job of a task that nobody has, when it is drained, then it is left', async () => {
    const t = opened();
    const job = await t.manager.enqueue(task('unknown', async () => {}));
    await t.drain({ includeDelayed: true });
    expect((await job.snapshot())?.state).toBe('pending');
  });

  it('given a misspelt option, when it is drained, then that is an error', async () => {
    const t = opened();
    await expect(t.drain({ includeDelay: true } as never)).rejects.toThrow("Did you mean 'includeDelayed'?");
    expect(() => testing({ task: [] } as never)).toThrow("Did you mean 'tasks'?");
  });
});

describe('runInline', () => {
  it('given a manager that runs inline, when a job is enqueued, then it has run, with its children', async () => {
    const seen: string[] = [];
    const leaf = task('leaf', async (name: string) => void seen.push(name));
    const tree = task('tree', async (name: string, ctx) => {
      await ctx.enqueue(leaf, `${name}1`);
      await t.manager.enqueue(leaf, `${name}2`);
      seen.push(name);
    });
    const t = opened({ tasks: [leaf, tree] });
    t.runInline();
    const job = await t.manager.enqueue(tree, 'a');
    expect((await job.snapshot())?.state).toBe('completed');
    expect([...seen].sort()).toEqual(['a', 'a1', 'a2']);
    await t.manager.enqueueMany(leaf, ['b', 'c']);
    expect(seen).toHaveLength(5);
  });
});

describe('expectEnqueued', () => {
  const order = task('order', async (_: { id: number; lines: { sku: string; n: number }[]; at: Date }) => {});
  const other = task('other', async (_: string) => {});
  const input = { id: 1, lines: [{ sku: 'a', n: 2 }], at: new Date(5) };

  it('given jobs, when one is expected whose input contains a part, then they are answered, oldest first', async () => {
    const t = opened();
    await t.manager.enqueue(order, input);
    await t.clock.advance(10);
    await t.manager.enqueue(order, { ...input, id: 2 });
    const [first, second] = await t.expectEnqueued(order, { lines: [{ sku: 'a' }] });
    expect([first.input?.id, second?.input?.id]).toEqual([1, 2]);
    expect(await t.expectEnqueued(order, { at: new Date(5), id: 2 })).toHaveLength(1);
    expect(await t.expectEnqueued(order, ({ id }) => id > 1, { times: 1 })).toHaveLength(1);
    expect(await t.expectEnqueued(order, { id: 3 }, { times: 0 })).toEqual([]);
    expect(await t.expectEnqueued(order)).toHaveLength(2);
  });

  it('given no such job, when one is expected, then the error lists what was enqueued instead', async () => {
    const t = opened();
    await expect(t.expectEnqueued(order)).rejects.toThrow("a job of task 'order'. Nothing was enqueued.");
    await t.manager.enqueue(other, 'x');
    await expect(t.expectEnqueued(order)).rejects.toThrow(/Of other tasks only, there is:\n- other \(pending\): "x"/);
    await t.manager.enqueue(order, input);
    await expect(t.expectEnqueued(order, { lines: [{ sku: 'b' }] })).rejects.toThrow(
      /with input \{ lines: \[\{ sku: "b" \}\] \}. Of this task, there is:\n- order \(pending\): \{ id: 1, lines/,
    );
    await expect(t.expectEnqueued(order, { at: new Date(6) })).rejects.toThrow('Of this task');
    await expect(t.expectEnqueued(order, {}, { times: 2 })).rejects.toThrow('Expected 2 jobs');
    await expect(t.expectEnqueued(order, {}, { times: 0 })).rejects.toThrow('There are 1 such jobs');
  });
});

describe('waitFor', () => {
  it('given a job that is tried again, when its end is waited for, then the clock has moved there', async () => {
    const { mail } = noted(() => t, 2);
    const t = opened({ tasks: [mail] });
    const job: JobHandle<number> = await t.manager.enqueue(mail, { to: 'ada' }, { in: '1h' });
    const done = await t.waitFor(job, 'completed');
    expect(done.result).toBe(3);
    expect(t.clock.now - Date.UTC(2030, 0, 1)).toBe(3_600_000 + 120_000);
  });

  it('given a job that waits for the test, when it is waited for, then it is answered as it runs', async () => {
    let open = (): void => {};
    const gated = task('gated', () => new Promise<void>((resolve) => (open = resolve)));
    const t = opened({ tasks: [gated] });
    const { id } = await t.manager.enqueue(gated);
    expect((await t.waitFor(id, 'running')).attempt).toBe(1);
    open();
    expect((await t.waitFor(id, 'completed')).state).toBe('completed');
  });

  it('given a job that ends otherwise, waits too long or is not there, when it is waited for, then the error says why', async () => {
    const { mail } = noted(() => t, 3);
    const t = opened({ tasks: [mail] });
    const bad = await t.manager.enqueue(mail, { to: 'ada' });
    await expect(t.waitFor(bad, 'completed')).rejects.toThrow(
      /can't become completed\. .*is failed: It ended \(threw\) after 3 of 3 attempts\. Error: The server is busy\./,
    );
    const late = await t.manager.enqueue(mail, { to: 'ada' }, { in: '2h' });
    await expect(t.waitFor(late, 'completed', { within: '1h' })).rejects.toThrow(/moved by 1h.*It is due in/);
    await expect(t.waitFor('nothing', 'completed')).rejects.toThrow('not in the store');
  });
});

describe('testing', () => {
  it('given groups, when jobs run, then their limits hold', async () => {
    const { mail, at } = noted(() => t);
    const cool = new TaskConstraintGroup({
      name: 'cool',
      cooldownMs: 5_000,
      maxConcurrent: 1,
      constraintKeyForExecution: () => 'all',
    });
    const t = opened({ tasks: [mail], groups: [cool] });
    await t.manager.enqueueMany(mail, [{ to: 'a' }, { to: 'b' }]);
    await t.drain({ includeDelayed: true });
    expect(at[1]).toBeGreaterThanOrEqual(5_000);
  });

  it('given an SQLite file, and a second manager on store and host, when one enqueues, then the other runs it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'taskspan-testing-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { mail, at } = noted(() => t);
    const t = opened({ store: (clock) => sqlite({ path: join(folder, 'tasks.db'), clock }), work: false });
    const worker = new TaskManager({ store: { ...t.store, close: async () => {} }, host: t.host, tasks: [mail] });
    onTestFinished(() => worker.close());
    const job = await t.manager.enqueue(mail, { to: 'ada' }, { in: '10s' });
    await worker.start();
    await t.clock.advance('12s');
    expect(at).toEqual([0]);
    expect((await job.snapshot())?.state).toBe('completed');
  });

  it('given a job that ignores its signal, when it is closed, then that takes no real time, and others see it released', async () => {
    const stuck = task('stuck', () => new Promise(() => {}));
    const t = testing({ tasks: [stuck], logger: silent });
    await t.manager.enqueue(stuck);
    await t.clock.advance(1);
    await t.close();
    await expect(t.manager.enqueue(stuck)).rejects.toThrow('closed');
  });
});
