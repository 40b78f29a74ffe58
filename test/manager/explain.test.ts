import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { gate, World } from '../engine/world.js';

const quick = task('quick', (n: number) => n);

describe('explain', () => {
  const codes = async (manager: Awaited<ReturnType<World['running']>>, id: string): Promise<string[]> =>
    (await manager.explain(id)).causes.map((cause) => cause.code);

  it('given a delayed job, when asked, then not-due, until its due time', async () => {
    const world = new World();
    const manager = await world.running(quick);
    const job = await manager.enqueue(quick, 1, { in: '5m' });
    const explanation = await manager.explain(job.id);
    expect(explanation).toMatchObject({ jobId: job.id, task: 'quick', state: 'pending', reason: 'enqueued' });
    expect(explanation.causes).toEqual([
      { code: 'not-due', message: 'It is due in 5 min.', until: world.time.now + 300_000 },
    ]);
    expect(explanation.summary).toContain('It is due in 5 min.');
  });

  it('given a retry that waits, when asked, then the failure is told', async () => {
    const world = new World();
    const flaky = task('flaky', () => Promise.reject(new Error('no route')), { retry: { attempts: 2, backoff: '1m' } });
    const manager = await world.running(flaky);
    const job = await manager.enqueue(flaky);
    await world.time.settle();
    expect((await manager.explain(job.id)).summary).toContain('after attempt 1 failed: no route');
  });

  it('given a paused queue, when asked, then queue-paused; given a full one, then queue-full', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(60_000));
    const manager = await world.running(slow);
    await manager.setQueueConcurrency('default', 1);
    await manager.enqueue(slow);
    const job = await manager.enqueue(slow);
    await world.time.settle();
    expect(await codes(manager, job.id)).toEqual(['queue-full']);
    await manager.pause('default');
    expect(await codes(manager, job.id)).toEqual(['queue-paused', 'queue-full']);
  });

  it('given a full key and a cooling one, when asked, then constraint-full names the holders, constraint-cooling the time', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(1_000));
    const group = new TaskConstraintGroup({
      name: 'g',
      constraintKeyForExecution: () => 'k',
      maxConcurrent: 1,
      cooldownMs: 60_000,
    });
    const manager = world.manager({ tasks: [slow] });
    manager.addConstraintGroup(group);
    await manager.start();
    const first = await manager.enqueue(slow);
    await world.time.settle();
    const job = await manager.enqueue(slow);
    await world.time.settle();
    const [full] = (await manager.explain(job.id)).causes;
    expect(full).toMatchObject({
      code: 'constraint-full',
      until: null,
      message: expect.stringContaining(`Held by ${first.id}`),
    });
    await world.time.advance('2s');
    const [cooling] = (await manager.explain(job.id)).causes;
    expect(cooling).toMatchObject({ code: 'constraint-cooling', until: world.time.now - 1_000 + 60_000 });
  });

  it('given nobody works, when asked, then no-worker; given nobody has the task, then unknown-task', async () => {
    const world = new World();
    const manager = world.manager();
    const job = await manager.enqueue(quick, 1);
    expect(await codes(manager, job.id)).toEqual(['no-worker']);
    await world.running(task('other', () => {}));
    await world.time.advance('1s');
    expect(await codes(manager, job.id)).toEqual(['unknown-task']);
  });

  it('given one worker or several without the task, when asked, then it says so in one sentence', async () => {
    const world = new World();
    const manager = await world.running(task('other', () => {}));
    const job = await manager.enqueue(quick, 1);
    await world.time.advance('1s');
    const asked = async (): Promise<string | undefined> => (await manager.explain(job.id)).causes[0]?.message;
    expect(await asked()).toBe("The one live worker has no task named 'quick'; register it in one.");
    await world.running(task('another', () => {}));
    await world.time.advance('1s');
    expect(await asked()).toBe("None of the 2 live workers has a task named 'quick'; register it in one.");
  });

  it('given the task’s workers serve another queue, when asked, then unknown-task says which', async () => {
    const world = new World();
    const manager = await world.running(task('quick', () => {}, { queue: 'images' }));
    await world.put({ id: 'elsewhere-1', task: 'quick', queue: 'letters' });
    const [cause] = (await manager.explain('elsewhere-1')).causes;
    expect(cause).toMatchObject({ code: 'unknown-task', message: expect.stringContaining('serve only images') });
  });

  it('given all workers are busy, when asked, then workers-busy', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(600_000));
    const manager = await world.started({ tasks: [slow], concurrency: 1, leaseMs: 3_000 });
    await manager.enqueue(slow);
    const job = await manager.enqueue(slow);
    await world.time.advance('5s');
    const [cause] = (await manager.explain(job.id)).causes;
    expect(cause).toMatchObject({ code: 'workers-busy', message: 'The only worker that has the task is busy.' });
  });

  it('given suspended, running and ended jobs, when asked, then those codes', async () => {
    const world = new World();
    const opened = gate();
    const slow = task('slow', () => opened.promise);
    const manager = await world.running(slow);
    const suspended = await manager.enqueue(slow, undefined, { in: '1m' });
    await manager.suspend(suspended.id);
    const running = await manager.enqueue(slow);
    await world.time.advance('2s');
    expect(await codes(manager, suspended.id)).toEqual(['suspended']);
    const [cause] = (await manager.explain(running.id)).causes;
    expect(cause).toMatchObject({
      code: 'running',
      message: expect.stringMatching(/Attempt 1 is with worker .* since 2.0 s\. Its lease holds for/),
    });
    await manager.cancel(running.id);
    expect((await manager.explain(running.id)).summary).toContain('Its cancel is requested');
    opened.open();
    await world.time.settle();
    expect((await manager.explain(running.id)).causes).toMatchObject([
      { code: 'ended', message: 'It ended (completed) after 1 of 3 attempts.' },
    ]);
  });

  it('given a suspect, when asked, then suspect', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(60_000));
    const life = await world.startedLife({ tasks: [slow], leaseMs: 3_000 });
    const job = await life.manager.enqueue(slow);
    await world.time.settle();
    life.kill();
    const keeper = await world.started({ leaseMs: 3_000 });
    await world.time.advance('10s');
    expect(await codes(keeper, job.id)).toEqual(['suspect', 'unknown-task']);
  });
});
