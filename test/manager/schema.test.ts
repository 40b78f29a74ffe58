import { describe, expect, it } from 'vitest';
import { InvalidInputError, type StandardSchema, task, taskRef } from '../../src/index.js';
import { snapshot, World } from '../engine/world.js';

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
