import { describe, expect, it } from 'vitest';
import { DuplicateTaskError, OptionError, TaskManager, task } from '../../src/index.js';
import { World } from '../engine/world.js';

const any = task('any', () => {});

describe('options of a TaskManager', () => {
  const refused: readonly (readonly [options: object, message: RegExp])[] = [
    [{ concurency: 5 }, /TaskManager has no option 'concurency'. Did you mean 'concurrency'/],
    [{ concurrency: 0 }, /concurrency is 0; it must be a whole number from 1 to 100000/],
    [{ concurrency: '5' }, /concurrency is 5/],
    [{ leaseMs: 49 }, /leaseMs is 49/],
    [{ leaseMs: '30s' }, /leaseMs is 30s/],
    [{ leaseMs: 86_400_001 }, /leaseMs/],
    [{ store: 'memorry:' }, /memorry/],
    [{ tasks: [() => {}] }, /no Task/],
    [{ work: 'no' }, /work is no; it is true or false/],
    [{ prefetch: 0 }, /prefetch/],
    [{ store: 5 }, /store/],
  ];
  for (const [options, message] of refused) {
    it(`given ${JSON.stringify(options)}, when it is made, then OptionError says so`, () => {
      expect(() => new TaskManager(options as never)).toThrow(OptionError);
      expect(() => new TaskManager(options as never)).toThrow(message);
    });
  }

  it('given two tasks of one name, when both are registered, then DuplicateTaskError; the same twice is once', () => {
    const manager = new World().manager({ tasks: [any, any] });
    manager.addTask(any);
    expect(() => manager.addTask(task('any', () => 1))).toThrow(DuplicateTaskError);
    expect(() => new TaskManager({ tasks: [any, task('any', () => {})] })).toThrow(/'any' is registered already/);
    expect(manager.getTaskByName('any')).toBe(any);
  });
});

describe('options of enqueue', () => {
  const refused: readonly (readonly [options: object, message: RegExp])[] = [
    [{ delay: 5 }, /enqueue has no option 'delay'/],
    [{ idempotencykey: 'k' }, /Did you mean 'idempotencyKey'/],
    [{ in: '5 parsecs' }, /`in` is "5 parsecs"; write milliseconds/],
    [{ in: -1 }, /`in` is -1/],
    [{ in: Infinity }, /`in` is Infinity/],
    [{ in: 1e300 }, /beyond what a date can hold/],
    [{ in: '1s', at: 5 }, /both `in` and `at`/],
    [{ at: new Date(Number.NaN) }, /`at` is Invalid Date/],
    [{ at: '2030-01-01' }, /`at` is 2030-01-01/],
    [{ at: Infinity }, /`at` is Infinity/],
    [{ priority: 1.5 }, /priority is 1.5/],
    [{ priority: 2 ** 31 }, /priority is 2147483648/],
    [{ labels: { a: 1 } }, /'a' is number; labels are strings/],
    [{ labels: { a: 'x\0' } }, /NUL/],
    [{ idempotencyKey: '' }, /idempotencyKey is ""/],
    [{ idempotencyKey: 'x'.repeat(1_025) }, /idempotencyKey/],
    [{ unique: { key: 'k', untill: 'started' } }, /unique has no option 'untill'. Did you mean 'until'/],
    [{ unique: { key: 'k', until: 'dawn' } }, /unique.until is dawn/],
    [{ unique: { key: 'k', onConflict: 'fight' } }, /unique.onConflict is fight/],
    [{ unique: { key: '' } }, /unique.key/],
    [{ unique: { key: 'k' }, idempotencyKey: 'k' }, /both idempotencyKey and unique/],
    [{ attempts: 0 }, /attempts is 0/],
    [{ attempts: 1.5 }, /attempts is 1.5/],
  ];
  for (const [options, message] of refused) {
    it(`given ${JSON.stringify(options).slice(0, 60)}, when a job is enqueued, then it rejects and nothing is written`, async () => {
      const manager = new World().manager();
      await expect(manager.enqueue(any, undefined, options as never)).rejects.toThrow(OptionError);
      await expect(manager.enqueue(any, undefined, options as never)).rejects.toThrow(message);
      expect((await manager.count()).pending).toBe(0);
    });
  }

  it('given options that are undefined, when a job is enqueued, then they count as left out', async () => {
    const manager = new World().manager();
    const nothing = {
      in: undefined,
      at: undefined,
      priority: undefined,
      labels: undefined,
      idempotencyKey: undefined,
      unique: undefined,
      attempts: undefined,
    };
    expect((await manager.enqueue(any, undefined, nothing)).isNew).toBe(true);
  });

  it('given something that is no task, when it is enqueued, then it rejects', async () => {
    const manager = new World().manager();
    for (const thing of ['any', null, {}, () => {}])
      await expect(manager.enqueue(thing as never, undefined as never)).rejects.toThrow(/take a Task, or a taskRef/);
  });

  it('given a bad queue or limit, when it is configured, then it rejects', async () => {
    const manager = new World().manager();
    await expect(manager.pause('')).rejects.toThrow(OptionError);
    await expect(manager.setQueueConcurrency('default', 0)).rejects.toThrow(/concurrency of a queue is 0/);
    await expect(manager.close({ timeout: 'soon' })).rejects.toThrow(/timeout is "soon"/);
  });
});
