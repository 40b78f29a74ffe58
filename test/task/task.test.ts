import { describe, expect, it } from 'vitest';
import { OptionError, Task, task } from '../../src/index.js';

describe('a task', () => {
  it('given only a name and a function, when it is made, then the defaults hold', () => {
    const plain = task('plain', () => {});
    expect(plain).toMatchObject({
      name: 'plain',
      queue: 'default',
      priority: 0,
      timeoutMs: null,
      graceMs: 5_000,
      labels: {},
      data: {},
      steps: [],
      ownKeep: null,
      keep: { completedMs: 86_400_000, failedMs: 14 * 86_400_000, count: null },
    });
    expect(plain.retry.maxAttempts).toBe(3);
  });

  it('given keep with Infinity, when it is made, then that age has no end, and what is not said stays as it is', () => {
    expect(task('kept', () => {}, { keep: { completed: Infinity } }).keep).toEqual({
      completedMs: null,
      failedMs: 14 * 86_400_000,
      count: null,
    });
  });

  it('given labels, when the caller changes them later, then the task’s stay', () => {
    const labels = { a: '1' };
    const labelled = task('labelled', () => {}, { labels });
    labels.a = '2';
    expect(labelled.labels).toEqual({ a: '1' });
  });

  const refused: readonly (readonly [settings: object, message: RegExp])[] = [
    [{ retries: 5 }, /task 't' has no option 'retries'/],
    [{ timeuot: 5 }, /Did you mean 'timeout'/],
    [{ queue: '' }, /queue of task 't' is ""/],
    [{ retry: { attempts: 0 } }, /retry.attempts is 0/],
    [{ retry: { attempt: 5 } }, /attempt/],
    [{ retry: { backoff: 'later' } }, /retry.backoff is "later"/],
    [{ timeout: 0 }, /timeout of task 't' is 0/],
    [{ timeout: '25d' }, /timeout of task 't'.*at most 24 days/],
    [{ timeout: 'soon' }, /timeout of task 't' is "soon"/],
    [{ grace: -1 }, /grace of task 't' is -1/],
    [{ keep: { complete: '1h' } }, /keep of task 't' has no option 'complete'. Did you mean 'completed'/],
    [{ keep: { count: 0 } }, /keep.count of task 't' is 0/],
    [{ keep: { failed: 'long' } }, /keep.failed of task 't' is "long"/],
    [{ priority: 0.5 }, /priority of task 't' is 0.5/],
    [{ labels: { a: null } }, /'a' is object; labels are strings/],
    [{ steps: [{ name: 'a', description: '', percentage: 50 }] }, /weigh 50 together/],
    [
      {
        steps: [
          { name: 'a', description: '', percentage: 50 },
          { name: 'a', description: '', percentage: 50 },
        ],
      },
      /with the same name/,
    ],
    [
      {
        steps: [
          { name: 'a', description: '', percentage: 150 },
          { name: 'b', description: '', percentage: -50 },
        ],
      },
      /0 or more and sum to 100/,
    ],
    [{ setup: 5 }, /setup/],
    [{ schema: {} }, /schema/],
  ];
  for (const [settings, message] of refused) {
    it(`given ${JSON.stringify(settings).slice(0, 70)}, when it is made, then OptionError says so`, () => {
      expect(() => task('t', () => {}, settings as never)).toThrow(OptionError);
      expect(() => task('t', () => {}, settings as never)).toThrow(message);
    });
  }

  it('given no name or no function, when it is made, then OptionError says what to write', () => {
    expect(() => task('', () => {})).toThrow(/A task's name is ""/);
    expect(() => task(undefined as never, () => {})).toThrow(OptionError);
    expect(() => task('t', undefined as never)).toThrow(/write task\('t', async \(input, ctx\)/);
    expect(() => new Task({ name: 't' } as never)).toThrow(/has no function; give one as taskFunction/);
    expect(() => new Task({ name: 't', taskFunction: () => {}, taskFuncton: 1 } as never)).toThrow(
      /no option 'taskFuncton'/,
    );
  });
});
