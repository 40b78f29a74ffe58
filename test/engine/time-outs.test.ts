import { describe, expect, it } from 'vitest';
import { JobCancelledError, NonRetryableError, SnoozeError, TimeoutError, task } from '../../src/index.js';
import { gate, snapshot, World, watch } from './world.js';

describe('a run that takes longer than its time-out', () => {
  it('given a function that heeds its signal, when the time-out comes, then the signal says so and the attempt fails as timed-out', async () => {
    const world = new World();
    const reasons: unknown[] = [];
    const slow = task(
      'slow',
      async (_input: undefined, { signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        await world.sleep(60_000, signal);
      },
      { timeout: '5s', retry: { attempts: 1 } },
    );
    const manager = await world.running(slow);
    const job = await manager.enqueue(slow);
    await world.time.advance(4_999);
    expect(reasons).toEqual([]);
    await world.time.advance(1);
    expect(reasons).toEqual([expect.any(TimeoutError)]);
    expect(await snapshot(manager, job.id)).toMatchObject({
      state: 'failed',
      reason: 'timed-out',
      lastError: { name: 'TimeoutError', message: expect.stringContaining('time-out of 5000 ms'), reason: 'timed-out' },
    });
  });

  it('given a time-out of its own, when jobs of one task are enqueued with and without, then each attempt is held to its own', async () => {
    const world = new World();
    const slow = task('slow', (_input: undefined, { signal }) => world.sleep(60_000, signal), {
      timeout: '20s',
      retry: { attempts: 1 },
    });
    const manager = await world.running(slow);
    const [hasty, usual] = [await manager.enqueue(slow, undefined, { timeout: '3s' }), await manager.enqueue(slow)];
    const [many] = await manager.enqueueMany(slow, [undefined], { timeout: 4_000 });
    await world.time.advance(3_000);
    const states = async (): Promise<unknown[]> =>
      Promise.all([hasty, usual, many].map(async (job) => (await snapshot(manager, job?.id ?? '')).state));
    expect(await states()).toEqual(['failed', 'running', 'running']);
    await world.time.advance(1_000);
    expect(await states()).toEqual(['failed', 'running', 'failed']);
    expect((await snapshot(manager, hasty.id)).lastError?.message).toContain('time-out of 3000 ms');
    await world.time.advance(16_000);
    expect(await states()).toEqual(['failed', 'failed', 'failed']);
    await expect(manager.enqueue(slow, undefined, { timeout: 0 })).rejects.toThrow('timeout is 0');
  });

  it('given attempts left, when it timed out, then it is retried by its backoff', async () => {
    const world = new World();
    const runsAt: number[] = [];
    const slow = task(
      'slow',
      async (_input: undefined, { signal }) => {
        runsAt.push(world.time.now);
        await world.sleep(60_000, signal);
      },
      { timeout: '5s', retry: { attempts: 2, backoff: '10s' } },
    );
    const manager = await world.running(slow);
    const t0 = world.time.now;
    await manager.enqueue(slow);
    await world.time.advance('30s');
    expect(runsAt).toEqual([t0, t0 + 15_000]);
  });

  it('given a function that ignores its signal, when its grace is over, then its slot is free for another', async () => {
    const world = new World();
    const never = task('never', () => new Promise<void>(() => {}), {
      timeout: '2s',
      grace: '3s',
      retry: { attempts: 1 },
    });
    const next = task('next', () => world.time.now);
    const manager = await world.started({ tasks: [never, next], concurrency: 1 });
    const t0 = world.time.now;
    const stuck = await manager.enqueue(never);
    const other = await manager.enqueue(next);
    await world.time.advance('10s');
    expect(await snapshot(manager, stuck.id)).toMatchObject({ state: 'failed', reason: 'timed-out' });
    expect((await snapshot(manager, other.id)).result).toBe(t0 + 5_000);
  });

  it('given a function that returns after its slot was freed, when it does, then nothing changes', async () => {
    const world = new World();
    const late = gate<string>();
    const stubborn = task('stubborn', () => late.promise, { timeout: '2s', grace: '1s', retry: { attempts: 1 } });
    const { manager, events } = await world.startedLife({ tasks: [stubborn] });
    const job = await manager.enqueue(stubborn);
    await world.time.advance('4s');
    const before = await snapshot(manager, job.id);
    late.open('too late');
    await world.time.advance('4s');
    expect(await snapshot(manager, job.id)).toEqual(before);
    expect(events.map((event) => event.type)).toEqual(['started', 'failed']);
  });

  it('given a function that returns within the grace, when it does, then the attempt has timed out all the same', async () => {
    const world = new World();
    const stubborn = task(
      'stubborn',
      async () => {
        await world.sleep(3_000);
        return 'late';
      },
      { timeout: '2s', retry: { attempts: 1 } },
    );
    const manager = await world.running(stubborn);
    const job = await manager.enqueue(stubborn);
    await world.time.advance('4s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'failed', reason: 'timed-out', result: undefined });
  });

  it('given a function that is asked to stop, when it snoozes or gives up instead, then that is what happens', async () => {
    const world = new World();
    const verdict =
      (error: Error) =>
      async (_input: undefined, { signal }: { readonly signal: AbortSignal }) => {
        await world.sleep(60_000, signal).catch(() => {
          throw error;
        });
      };
    const snoozes = task('snoozes', verdict(new SnoozeError(60_000)), { timeout: '1s' });
    const resigns = task('resigns', verdict(new NonRetryableError('enough')), { timeout: '1s' });
    const manager = await world.running(snoozes, resigns);
    const snoozed = await manager.enqueue(snoozes);
    const resigned = await manager.enqueue(resigns);
    await world.time.advance('2s');
    expect(await snapshot(manager, snoozed.id)).toMatchObject({ state: 'pending', reason: 'snoozed', attempt: 0 });
    expect(await snapshot(manager, resigned.id)).toMatchObject({ state: 'failed', reason: 'non-retryable' });
  });

  it('given a run that ends in time, when the time-out would have come, then nothing happens', async () => {
    const world = new World();
    const quick = task('quick', () => world.sleep(1_000), { timeout: '2s' });
    const { manager, events } = await world.startedLife({ tasks: [quick] });
    const job = await manager.enqueue(quick);
    await world.time.advance('1m');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect(events).toHaveLength(2);
  });

  it('given a grace longer than a timer reaches, when the run times out, then the function has that long', async () => {
    const world = new World();
    const patient = task(
      'patient',
      async () => {
        await world.sleep(3_000);
      },
      { timeout: '1s', grace: '30d', retry: { attempts: 1 } },
    );
    const manager = await world.running(patient);
    const job = await manager.enqueue(patient);
    await world.time.advance('2s');
    expect((await snapshot(manager, job.id)).state).toBe('running');
    await world.time.advance('2s');
    expect((await snapshot(manager, job.id)).reason).toBe('timed-out');
  });
});

describe('a cancel', () => {
  it('given a job that waits, when it is cancelled, then it never runs and its result rejects at once', async () => {
    const world = new World();
    let runs = 0;
    const counted = task('counted', () => void runs++);
    const manager = await world.running(counted);
    const job = await manager.enqueue(counted, undefined, { in: '10s' });
    const result = watch(job.result());
    await world.time.settle();
    expect(await job.cancel()).toBe(true);
    await world.time.settle();
    expect(result.error).toBeInstanceOf(JobCancelledError);
    await world.time.advance('1m');
    expect(runs).toBe(0);
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'cancelled', reason: 'cancelled', attempt: 0 });
    expect(await job.cancel()).toBe(false);
  });

  it('given a job that runs here, when it is cancelled, then its signal says JobCancelledError and it ends as cancelled', async () => {
    const world = new World();
    let reason: unknown;
    const slow = task('slow', async (_input: undefined, { signal }) => {
      await world.sleep(60_000, signal).catch((error: unknown) => {
        reason = error;
        throw error;
      });
    });
    const { manager, events } = await world.startedLife({ tasks: [slow] });
    const job = await manager.enqueue(slow);
    await world.time.advance('1s');
    expect(await job.cancel()).toBe(true);
    await world.time.settle();
    expect(reason).toMatchObject({ constructor: JobCancelledError, jobId: job.id });
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'cancelled', cancelRequested: false });
    expect(events.map((event) => event.type)).toEqual(['started', 'cancelled']);
  });

  it('given a job that runs elsewhere, when it is cancelled, then its signal is aborted within a second', async () => {
    const world = new World();
    const slow = task('slow', (_input: undefined, { signal }) => world.sleep(60_000, signal));
    await world.running(slow);
    const other = await world.started({ work: false });
    const job = await other.enqueue(slow);
    await world.time.advance('1s');
    await other.cancel(job.id);
    await world.time.advance('1s');
    expect((await snapshot(other, job.id)).state).toBe('cancelled');
  });

  it('given a running job is cancelled, when its function completes all the same, then the completion wins', async () => {
    const world = new World();
    const done = gate<string>();
    const slow = task('slow', () => done.promise);
    const manager = await world.running(slow);
    const job = await manager.enqueue(slow);
    await world.time.settle();
    await job.cancel();
    done.open('finished first');
    await world.time.settle();
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', result: 'finished first' });
  });

  it('given a running job is cancelled, when its function fails for another reason, then it is cancelled and not retried', async () => {
    const world = new World();
    const done = gate();
    const slow = task('slow', () => done.promise);
    const manager = await world.running(slow);
    const job = await manager.enqueue(slow);
    await world.time.settle();
    await job.cancel();
    done.fail(new Error('by chance'));
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('cancelled');
  });

  it('given a running job that ignores its cancel, when the grace is over, then it is cancelled and its slot free', async () => {
    const world = new World();
    const never = task('never', () => new Promise<void>(() => {}), { grace: '2s' });
    const manager = await world.started({ tasks: [never], concurrency: 1 });
    const job = await manager.enqueue(never);
    const next = await manager.enqueue(never);
    await world.time.advance('1s');
    await job.cancel();
    await world.time.advance('1s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'running', cancelRequested: true });
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).state).toBe('cancelled');
    expect((await snapshot(manager, next.id)).state).toBe('running');
  });

  it('given a cancelled job that fails and would be retried, when its worker has not heard of it yet, then it is not retried', async () => {
    const world = new World();
    const done = gate();
    const slow = task('slow', () => done.promise);
    const deaf = { ...world.store, notify: undefined };
    const worker = await world.started({ tasks: [slow], store: deaf });
    const other = world.manager({ work: false });
    const job = await worker.enqueue(slow);
    await world.time.settle();
    await other.cancel(job.id);
    done.fail(new Error('by chance'));
    await world.time.settle();
    expect((await snapshot(other, job.id)).state).toBe('cancelled');
  });

  it('given a job whose schema is asynchronous, when it is cancelled while it is parsed, then its function is never called', async () => {
    const world = new World();
    let runs = 0;
    const parsed = gate<{ value: undefined }>();
    let isAtWorker = false;
    const checked = task('checked', () => void runs++, {
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => (isAtWorker ? parsed.promise : { value: undefined }),
        },
      },
    });
    const manager = await world.running(checked);
    isAtWorker = true;
    await world.put({ id: 'checked-1', task: 'checked' });
    await manager.resumeQueue('default');
    await world.time.settle();
    expect(await snapshot(manager, 'checked-1')).toMatchObject({ state: 'running' });
    await manager.cancel('checked-1');
    parsed.open({ value: undefined });
    await world.time.advance('10s');
    expect(runs).toBe(0);
    expect((await snapshot(manager, 'checked-1')).state).toBe('cancelled');
  });

  it('given jobs that a worker holds but has not started, when one is cancelled, then it never starts', async () => {
    const world = new World();
    const started: number[] = [];
    const quick = task('quick', async (n: number) => {
      started.push(n);
      await world.sleep(n < 0 ? 0 : 1);
    });
    const manager = await world.started({ tasks: [quick], concurrency: 1 });
    await world.time.advance(1);
    // Eight measured runs, and the worker takes more than it can start.
    await manager.enqueueMany(
      quick,
      Array.from({ length: 10 }, () => -1),
    );
    await world.time.settle();
    await world.time.advance(1);
    const jobs = await manager.enqueueMany(quick, [0, 1, 2, 3, 4, 5]);
    await world.time.settle();
    const held = (await snapshot(manager, (jobs[5] as { id: string }).id)).state;
    expect(held).toBe('running');
    await jobs[5]?.cancel();
    await world.time.advance('1s');
    expect(started.filter((n) => n >= 0)).toEqual([0, 1, 2, 3, 4]);
    expect(await snapshot(manager, (jobs[5] as { id: string }).id)).toMatchObject({ state: 'cancelled' });
  });

  it('given a prefetched job of a task with its own keep, when it is cancelled, then its record is kept that long', async () => {
    const world = new World();
    const quick = task('quick', (n: number) => world.sleep(n < 0 ? 0 : 1), { keep: { completed: '30d' } });
    const manager = await world.started({ tasks: [quick], concurrency: 1 });
    await world.time.advance(1);
    await manager.enqueueMany(
      quick,
      Array.from({ length: 10 }, () => -1),
    );
    await world.time.advance(1);
    const jobs = await manager.enqueueMany(quick, [0, 1, 2]);
    await world.time.settle();
    expect((await snapshot(manager, (jobs[2] as { id: string }).id)).state).toBe('running');
    await jobs[2]?.cancel();
    await world.time.advance('1s');
    const [record] = await world.store.get([(jobs[2] as { id: string }).id]);
    expect(record?.state).toBe('cancelled');
    expect((record?.pruneAt as number) - (record?.endedAt as number)).toBe(30 * 86_400_000);
  });
});
