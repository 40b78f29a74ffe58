/** What goes into Redis comes out as it was, and what can't go in is refused. */

import { TaskManager, task } from 'taskspan';
import { expect, it, onTestFinished } from 'vitest';
import { silent } from './faults/load.js';
import { redisForTest } from './servers/index.js';

it('given __proto__, U+0000, line breaks, bytes that are no text, and values beyond JSON, when they go through Redis, then they come back as they were', async () => {
  const echo = task('echo', (value: unknown) => value);
  const manager = await started(echo);
  const values = [
    JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":2}'),
    ' \n\r\t',
    '{"tail":"\nmeta\n"}',
    new Uint8Array([0, 10, 13, 255]),
    new Map([['\n', new Date(0)]]),
    -0,
    'ü😀'.repeat(1_000),
  ];
  for (const value of values) expect(await (await manager.enqueue(echo, value)).result()).toEqual(value);
  expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
});

it('given a function or too much, when it is enqueued or returned, then enqueue rejects, or the job fails at once, and the queue flows', async () => {
  const returns = task('returns', (what: 'function' | 'much' | 'fine') =>
    what === 'function' ? () => {} : what === 'much' ? 'x'.repeat(70_000) : what,
  );
  const manager = await started(returns);
  await expect(manager.enqueue(returns, (() => {}) as never)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  await expect(manager.enqueue(returns, 'x'.repeat(100_000) as never)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(await manager.count()).toMatchObject({ pending: 0, running: 0 });
  for (const what of ['function', 'much'] as const) {
    const job = await manager.enqueue(returns, what, { attempts: 3 });
    await expect(job.result()).rejects.toMatchObject({ code: 'JOB_FAILED', reason: 'invalid-result' });
    expect(await job.snapshot()).toMatchObject({ attempt: 1 });
  }
  expect(await (await manager.enqueue(returns, 'fine')).result()).toBe('fine');
});

it('given an idempotency key, when it comes with the same input and with another, then it is one job, and an error that names both', async () => {
  const manager = await started(task('pay', (amount: number) => amount));
  const pay = manager.getTaskByName('pay')!;
  const first = await manager.enqueue(pay, 5, { idempotencyKey: 'order-1' });
  expect((await manager.enqueue(pay, 5, { idempotencyKey: 'order-1' })).id).toBe(first.id);
  await expect(manager.enqueue(pay, 6, { idempotencyKey: 'order-1' })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    idempotencyKey: 'order-1',
    jobId: first.id,
  });
});

async function started(...tasks: Parameters<TaskManager['addTask']>[0][]): Promise<TaskManager> {
  const manager = new TaskManager({ store: await redisForTest(), tasks, logger: silent });
  onTestFinished(() => manager.close({ timeout: 0 }));
  await manager.start();
  return manager;
}
