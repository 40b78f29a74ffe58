import { describe, expect, it } from 'vitest';
import {
  IdempotencyConflictError,
  InvalidInputError,
  OptionError,
  type StandardSchema,
  TooLargeError,
  task,
  taskRef,
  ValueError,
} from '../../src/index.js';
import { all, gate, snapshot, World } from '../engine/world.js';

const note = task('note', (input: unknown) => input);

describe('enqueue', () => {
  it('given a job with everything set, when it is looked at, then each field says what it is', async () => {
    const world = new World();
    const tagged = task('tagged', (n: number) => n, {
      queue: 'images',
      priority: 3,
      labels: { app: 'web', tier: 'free' },
      retry: { attempts: 4 },
    });
    const manager = world.manager({ tasks: [tagged] });
    await world.time.advance('1m');
    const job = await manager.enqueue(tagged, 17, { in: '5m', labels: { tier: 'paid', tenant: 'acme' }, attempts: 9 });
    expect(job.isNew).toBe(true);
    expect(await snapshot(manager, job.id)).toEqual({
      id: job.id,
      task: 'tagged',
      queue: 'images',
      state: 'pending',
      reason: 'enqueued',
      placement: 'delayed',
      parkedOn: null,
      input: 17,
      result: undefined,
      errors: [],
      lastError: undefined,
      progress: 0,
      step: undefined,
      priority: 3,
      attempt: 0,
      maxAttempts: 9,
      labels: { app: 'web', tier: 'paid', tenant: 'acme' },
      keys: [],
      cancelRequested: false,
      suspect: false,
      createdAt: world.time.now,
      dueAt: world.time.now + 300_000,
      claimedAt: undefined,
      endedAt: undefined,
      schedule: undefined,
      parentId: undefined,
      generation: 1,
      rev: 1,
    });
  });

  it('given a job that ran, when it is looked at, then claimed and ended are told apart and rev has risen', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(2_000));
    const manager = await world.running(works);
    const t0 = world.time.now;
    const job = await manager.enqueue(works, undefined, { in: 1_000 });
    await world.time.advance('5s');
    const ended = await snapshot(manager, job.id);
    expect(ended).toMatchObject({
      createdAt: t0,
      dueAt: t0 + 1_000,
      claimedAt: t0 + 1_000,
      endedAt: t0 + 3_000,
      progress: 100,
    });
    expect(ended.rev).toBeGreaterThan(2);
  });

  it('given `in` or `at`, when the time comes, then the job starts at that very moment', async () => {
    const world = new World();
    const t0 = world.time.now;
    const starts: Record<string, number> = {};
    const named = task('named', (name: string) => {
      starts[name] = world.time.now - t0;
    });
    const manager = await world.running(named);
    await manager.enqueue(named, 'in text', { in: '90s' });
    await manager.enqueue(named, 'in ms', { in: 1_234 });
    await manager.enqueue(named, 'at number', { at: t0 + 7_001 });
    await manager.enqueue(named, 'at date', { at: new Date(t0 + 61_000) });
    await manager.enqueue(named, 'past', { at: t0 - 86_400_000 });
    await manager.enqueue(named, 'now');
    await world.time.advance('2m');
    expect(starts).toEqual({
      'in text': 90_000,
      'in ms': 1_234,
      'at number': 7_001,
      'at date': 61_000,
      past: 0,
      now: 0,
    });
  });

  it('given a manager that was not started, when a job is enqueued, then the store has it and a worker runs it later', async () => {
    const world = new World();
    const job = await world.manager().enqueue(taskRef<typeof note>('note'), { a: 1 });
    const worker = await world.running(note);
    await world.time.advance('1s');
    expect((await snapshot(worker, job.id)).result).toEqual({ a: 1 });
  });

  it('given many enqueue calls of one turn, when they are made, then they share a call and each has its own job', async () => {
    const world = new World();
    const batches: number[] = [];
    const store = {
      ...world.store,
      insert: (jobs: Parameters<typeof world.store.insert>[0]) => {
        batches.push(jobs.length);
        return world.store.insert(jobs);
      },
    };
    const manager = world.manager({ store });
    await manager.count();
    const jobs = await Promise.all(Array.from({ length: 2_500 }, (_, i) => manager.enqueue(note, i)));
    expect(new Set(jobs.map((job) => job.id)).size).toBe(2_500);
    expect(batches).toEqual([1_000, 1_000, 500]);
  });

  it('given enqueueMany, when it is called, then handles come in the order of the inputs', async () => {
    const world = new World();
    const manager = await world.running(note);
    const jobs = await manager.enqueueMany(note, new Set(['a', 'b', 'c']), { priority: 4 });
    await world.time.advance('1s');
    const results = await Promise.all(jobs.map((job) => snapshot(manager, job.id)));
    expect(results.map((job) => [job.result, job.priority])).toEqual([
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ]);
    expect(jobs.every((job) => job.isNew)).toBe(true);
    expect(await manager.enqueueMany(note, [])).toEqual([]);
  });

  const unstorable: readonly (readonly [name: string, input: unknown, error: unknown])[] = [
    ['a function', { callback: () => 1 }, ValueError],
    ['U+0000', { text: 'a\0b' }, ValueError],
    ['a lone surrogate', '\uD800', ValueError],
    ['more than 96 KiB', 'x'.repeat(97 * 1024), TooLargeError],
  ];
  for (const [name, input, error] of unstorable) {
    it(`given ${name}, when it is enqueued, then it rejects and nothing is written`, async () => {
      const world = new World();
      const manager = world.manager();
      await expect(manager.enqueue(note, input)).rejects.toThrow(error as never);
      await expect(manager.enqueueMany(note, ['fine', input])).rejects.toThrow(error as never);
      expect((await manager.count()).pending).toBe(0);
    });
  }
});

describe('an idempotency key', () => {
  it('given the same key and input, when it is enqueued again, then it is the same job', async () => {
    const world = new World();
    const manager = world.manager();
    const first = await manager.enqueue(note, { b: 1, a: 2 }, { idempotencyKey: 'upload-17' });
    const second = await manager.enqueue(note, { a: 2, b: 1 }, { idempotencyKey: 'upload-17' });
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second.id).toBe(first.id);
    expect((await manager.count()).pending).toBe(1);
  });

  it('given the same key and another input, when it is enqueued, then the error names both', async () => {
    const world = new World();
    const manager = world.manager();
    const first = await manager.enqueue(note, 1, { idempotencyKey: 'upload-17' });
    const error = await manager.enqueue(note, 2, { idempotencyKey: 'upload-17' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(IdempotencyConflictError);
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', idempotencyKey: 'upload-17', jobId: first.id });
    const digests = /digest (\S+); this call's have (\S+)\. /.exec((error as Error).message);
    expect(digests?.[1]).toBeTruthy();
    expect(digests?.[2]).not.toBe(digests?.[1]);
  });

  it('given the same key of another task with the same input, when it is enqueued, then it is a conflict', async () => {
    const world = new World();
    const manager = world.manager();
    await manager.enqueue(note, 1, { idempotencyKey: 'k' });
    await expect(
      manager.enqueue(
        task('memo', (n: number) => n),
        1,
        { idempotencyKey: 'k' },
      ),
    ).rejects.toThrow(IdempotencyConflictError);
  });

  it('given the same key in another queue, when it is enqueued, then it is another job', async () => {
    const world = new World();
    const manager = world.manager();
    const a = await manager.enqueue(taskRef('t', { queue: 'a' }), 1, { idempotencyKey: 'k' });
    const b = await manager.enqueue(taskRef('t', { queue: 'b' }), 2, { idempotencyKey: 'k' });
    expect(b.id).not.toBe(a.id);
  });

  it('given the job has ended, when the key comes again, then it holds while the record exists, and no longer', async () => {
    const world = new World();
    const manager = await world.running(note);
    const first = await manager.enqueue(note, 1, { idempotencyKey: 'k' });
    await world.time.advance('10s');
    expect(await manager.enqueue(note, 1, { idempotencyKey: 'k' })).toMatchObject({ id: first.id, isNew: false });
    await manager.delete(first.id);
    expect(await manager.enqueue(note, 2, { idempotencyKey: 'k' })).toMatchObject({ isNew: true });
  });

  it('given two managers race with one key, when both enqueue, then one of them made the job', async () => {
    const world = new World();
    const jobs = await Promise.all(
      [world.manager(), world.manager()].map((m) => m.enqueue(note, 1, { idempotencyKey: 'k' })),
    );
    expect(jobs.map((job) => job.isNew).sort()).toEqual([false, true]);
    expect(jobs[0]?.id).toBe(jobs[1]?.id);
  });

  it('given enqueueMany from untyped code, when it is given a key, then it refuses rather than to drop inputs', async () => {
    const world = new World();
    const manager = world.manager();
    for (const options of [{ idempotencyKey: 'k' }, { unique: { key: 'k' } }]) {
      await expect(manager.enqueueMany(note, [1, 2], options as never)).rejects.toThrow(OptionError);
    }
    expect((await manager.count()).pending).toBe(0);
  });
});

describe('unique', () => {
  it('given until finished, when the job waits or runs, then no second is made; when it ended, then one is', async () => {
    const world = new World();
    const opened = gate();
    const works = task('works', () => opened.promise);
    const manager = await world.running(works);
    const unique = { key: 'rebuild' };
    const first = await manager.enqueue(works, undefined, { unique, in: '1s' });
    expect(await manager.enqueue(works, undefined, { unique })).toMatchObject({ id: first.id, isNew: false });
    await world.time.advance('2s');
    expect((await snapshot(manager, first.id)).state).toBe('running');
    expect(await manager.enqueue(works, undefined, { unique })).toMatchObject({ id: first.id, isNew: false });
    opened.open();
    await world.time.settle();
    expect((await manager.enqueue(works, undefined, { unique })).isNew).toBe(true);
  });

  it('given until started, when the job runs, then one more waits', async () => {
    const world = new World();
    const opened = gate();
    const works = task('works', () => opened.promise);
    const manager = await world.started({ tasks: [works], concurrency: 1 });
    const unique = { key: 'rebuild', until: 'started' } as const;
    const first = await manager.enqueue(works, undefined, { unique });
    await world.time.settle();
    const second = await manager.enqueue(works, undefined, { unique });
    const third = await manager.enqueue(works, undefined, { unique });
    expect([first.isNew, second.isNew, third.isNew]).toEqual([true, true, false]);
    expect(third.id).toBe(second.id);
  });

  it('given onConflict keep, when another input comes, then the first stays', async () => {
    const world = new World();
    const manager = world.manager();
    const first = await manager.enqueue(note, 'first', { unique: { key: 'k' } });
    await manager.enqueue(note, 'second', { unique: { key: 'k' }, priority: 5 });
    expect(await snapshot(manager, first.id)).toMatchObject({ input: 'first', priority: 0 });
  });

  it('given onConflict replace, when another input comes, then the waiting job takes it and its due time over', async () => {
    const world = new World();
    const manager = await world.running(note);
    const unique = { key: 'k', onConflict: 'replace' } as const;
    const first = await manager.enqueue(note, 'first', { unique, in: '1m' });
    await world.time.advance('10s');
    const second = await manager.enqueue(note, 'second', { unique, in: '5m', priority: 5, labels: { v: '2' } });
    expect(second).toMatchObject({ id: first.id, isNew: false });
    expect(await snapshot(manager, first.id)).toMatchObject({
      input: 'second',
      priority: 5,
      labels: { v: '2' },
      reason: 'replaced',
      dueAt: world.time.now + 300_000,
    });
    await world.time.advance('4m');
    expect((await snapshot(manager, first.id)).state).toBe('pending');
    await world.time.advance('2m');
    expect((await snapshot(manager, first.id)).result).toBe('second');
  });

  it('given onConflict replace, when the job runs already, then what runs is left alone', async () => {
    const world = new World();
    const works = task('works', async (n: number) => {
      await world.sleep(1_000);
      return n;
    });
    const manager = await world.running(works);
    const first = await manager.enqueue(works, 1, { unique: { key: 'k' } });
    await world.time.settle();
    expect(await manager.enqueue(works, 2, { unique: { key: 'k', onConflict: 'replace' } })).toMatchObject({
      id: first.id,
      isNew: false,
    });
    await world.time.advance('2s');
    expect((await snapshot(manager, first.id)).result).toBe(1);
  });

  it('given other queues, when they use the same key, then they don’t meet', async () => {
    const world = new World();
    const manager = world.manager();
    for (const queue of ['a', 'b']) {
      expect((await manager.enqueue(taskRef('t', { queue }), 1, { unique: { key: 'k' } })).isNew).toBe(true);
    }
  });
});

describe('children', () => {
  it('given a function that enqueues children and fails, when it is retried, then there are no twins', async () => {
    const world = new World();
    const child = task('child', (n: number) => n);
    const parent = task(
      'parent',
      async (_input: undefined, ctx) => {
        await ctx.enqueue(child, 1);
        await ctx.enqueue(child, 2);
        await ctx.enqueue(child, 1);
        if (ctx.attempt < 3) throw new Error('again');
      },
      { retry: { attempts: 3, backoff: 10 } },
    );
    const manager = await world.running(parent, child);
    const job = await manager.enqueue(parent);
    const other = await manager.enqueue(parent);
    await world.time.advance('1s');
    const children = await all(manager.list({ parent: job.id }));
    expect(children.map((c) => c.result).sort()).toEqual([1, 2]);
    expect(children.every((c) => c.parentId === job.id)).toBe(true);
    expect((await all(manager.list({ parent: other.id }))).length).toBe(2);
  });

  it('given a child with options, when it is enqueued, then they hold, and its own key too', async () => {
    const world = new World();
    const child = task('child', (n: number) => n);
    const parent = task('parent', async (_input: undefined, { enqueue }) => [
      (await enqueue(child, 1, { in: '1h', priority: 3 })).id,
      (await enqueue(child, 1, { idempotencyKey: 'mine' })).id,
      (await enqueue(child, 1, { unique: { key: 'u' } })).id,
    ]);
    const manager = await world.running(parent);
    const job = await manager.enqueue(parent);
    await world.time.settle();
    const ids = (await snapshot(manager, job.id)).result as string[];
    expect(new Set(ids).size).toBe(3);
    expect(await snapshot(manager, ids[0] as string)).toMatchObject({
      priority: 3,
      placement: 'delayed',
      parentId: job.id,
    });
    expect((await snapshot(manager, ids[2] as string)).parentId).toBe(job.id);
  });
});

describe('a schema', () => {
  /** Accepts text of digits and passes on a number. */
  const digits = (validate?: (value: unknown) => unknown): StandardSchema<string, number> => ({
    '~standard': {
      version: 1,
      vendor: 'by hand',
      validate: (value) =>
        (validate?.(value) ??
          (typeof value === 'string' && /^\d+$/.test(value)
            ? { value: Number(value) }
            : { issues: [{ message: 'not digits', path: ['n', { key: 0 }] }, { message: 'sorry' }] })) as never,
    },
  });

  it('given bad input, when it is enqueued, then it rejects with all issues and nothing is written', async () => {
    const world = new World();
    const parsed = task('parsed', (n: number) => n + 1, { schema: digits() });
    const manager = world.manager();
    const error = await manager.enqueue(parsed, 'x1').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({
      message: "The input of task 'parsed' does not fit its schema: n.0: not digits; sorry.",
      issues: [
        { message: 'not digits', path: 'n.0' },
        { message: 'sorry', path: '' },
      ],
    });
    await expect(manager.enqueueMany(parsed, ['1', 'x'])).rejects.toThrow(InvalidInputError);
    await expect(manager.schedule(parsed, 'x', { id: 's', every: '1m' })).rejects.toThrow(InvalidInputError);
    expect((await manager.count()).pending).toBe(0);
  });

  it('given good input, when it is enqueued, then the raw input is stored and the function gets the parsed', async () => {
    const world = new World();
    const parsed = task('parsed', (n: number) => n + 1, { schema: digits() });
    const manager = await world.running(parsed);
    const job = await manager.enqueue(parsed, '41');
    await world.time.settle();
    expect(await snapshot(manager, job.id)).toMatchObject({ input: '41', result: 42 });
  });

  it('given input that the worker’s schema refuses, when it is run, then it fails as invalid-input without retry', async () => {
    const world = new World();
    let runs = 0;
    const parsed = task('parsed', (_n: number) => void runs++, { schema: digits() });
    const manager = await world.running(parsed);
    const job = await manager.enqueue(taskRef('other-version', {}), 'x');
    await world.put({ id: 'old-1', task: 'parsed', input: '"not digits"' });
    await world.time.advance('1m');
    expect(await snapshot(manager, 'old-1')).toMatchObject({
      state: 'failed',
      reason: 'invalid-input',
      attempt: 1,
      lastError: { name: 'InvalidInputError' },
    });
    expect(runs).toBe(0);
    expect((await snapshot(manager, job.id)).state).toBe('pending');
  });

  it('given an asynchronous schema, when it is used, then it checks at enqueue and parses at the worker', async () => {
    const world = new World();
    const schema = digits(async (value) =>
      value === 'bad' ? { issues: [{ message: 'bad' }] } : { value: Number(value) },
    );
    const parsed = task('parsed', (n: number) => n * 2, { schema });
    const manager = await world.running(parsed);
    await expect(manager.enqueue(parsed, 'bad')).rejects.toThrow(InvalidInputError);
    const job = await manager.enqueue(parsed, '21');
    await world.put({ id: 'old-1', task: 'parsed', input: '"bad"' });
    await world.time.advance('10s');
    expect((await snapshot(manager, job.id)).result).toBe(42);
    expect((await snapshot(manager, 'old-1')).reason).toBe('invalid-input');
  });

  it('given a schema that returns a foreign thenable, when it is used, then it is awaited too', async () => {
    const world = new World();
    const schema = digits((value) => ({
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library
      then: (resolve: (result: unknown) => void) =>
        resolve(value === 'bad' ? { issues: [{ message: 'bad' }] } : { value: Number(value) }),
    }));
    const parsed = task('parsed', (n: number) => n * 2, { schema });
    const manager = await world.running(parsed);
    await expect(manager.enqueue(parsed, 'bad')).rejects.toThrow(InvalidInputError);
    const job = await manager.enqueue(parsed, '21');
    await world.time.settle();
    expect((await snapshot(manager, job.id)).result).toBe(42);
  });

  it('given a schema that itself throws, when it is used, then enqueue rejects with what it threw', async () => {
    const world = new World();
    const schema = digits(() => {
      throw new RangeError('schema bug');
    });
    const manager = world.manager();
    await expect(
      manager.enqueue(
        task('parsed', (n: number) => n, { schema }),
        '1',
      ),
    ).rejects.toThrow('schema bug');
  });
});
