/** What the types promise; `npm run typecheck` holds it. Annotated copies of samples where strict mode refuses the original. */

import {
  type InputOf,
  type IScheduledTaskInfo,
  type ITaskConstraintGroupOptions,
  type ITaskEvent,
  type ITaskExecution,
  type ITaskExecutionReport,
  type ITaskFunction,
  type ITaskMetadata,
  type ITaskStep,
  type JobHandle,
  type OutputOf,
  type StepNames,
  Task,
  TaskConstraintGroup,
  Taskchain,
  TaskDebounced,
  TaskManager,
  TaskOnce,
  Taskparallel,
  type TTaskEventType,
} from 'taskspan';
import { describe, expectTypeOf, it } from 'vitest';

const steps = [
  { name: 'build', description: 'Building app', percentage: 30 },
  { name: 'deploy', description: 'Deploying', percentage: 70 },
] as const;

const length = new Task({ name: 'length', taskFunction: async (text: string) => text.length });
const double = new Task({ name: 'double', taskFunction: async (n: number) => n * 2 });
const greet = new Task({ name: 'greet', taskFunction: async () => 'hello' });
const manager = new TaskManager();

/** Looked at by the compiler, never called. */
function typed(_check: () => unknown): void {}

describe('the types', () => {
  it('carry input and output from the function to every call', () =>
    typed(async () => {
      expectTypeOf(await length.trigger('a')).toEqualTypeOf<number>();
      expectTypeOf(await manager.triggerTask(length, 'a')).toEqualTypeOf<number>();
      expectTypeOf(await manager.triggerTaskConstrained(length, 'a')).toEqualTypeOf<number>();
      expectTypeOf(await manager.enqueue(length, 'a')).toEqualTypeOf<JobHandle<number>>();
      expectTypeOf((await manager.addExecuteRemoveTask(length, { input: 'a' })).result).toEqualTypeOf<number>();
      expectTypeOf(await greet.trigger()).toEqualTypeOf<string>();
      expectTypeOf<InputOf<typeof length>>().toEqualTypeOf<string>();
      expectTypeOf<OutputOf<typeof length>>().toEqualTypeOf<number>();
      // @ts-expect-error The input is typed.
      await length.trigger(17);
      // @ts-expect-error The input is required.
      await length.trigger();
      // @ts-expect-error The input is typed.
      await manager.triggerTask(length, 17);
      // @ts-expect-error The input is typed.
      await manager.enqueue(length, 17);
    }));

  it('let only declared steps be notified', () => {
    // As in the document: the function names its own task, and its result is inferred all the same.
    const deploy = new Task({
      name: 'Deploy',
      steps,
      taskFunction: async () => {
        deploy.notifyStep('build');
        return 'Deployment successful!';
      },
    });
    return typed(async () => {
      deploy.notifyStep('deploy');
      // @ts-expect-error There is no such step.
      deploy.notifyStep('dploy');
      expectTypeOf<StepNames<typeof steps>>().toEqualTypeOf<'build' | 'deploy'>();
      expectTypeOf(await deploy.trigger()).toEqualTypeOf<string>();
      // @ts-expect-error A task without steps has none to notify.
      greet.notifyStep('build');
      return new Task({
        name: 't',
        steps,
        taskFunction: async (_input: undefined, _setup, ctx) => {
          ctx.notifyStep('build');
          // @ts-expect-error There is no such step.
          ctx.notifyStep('dploy');
        },
      });
    });
  });

  it('carry data to the task and its groups', () => {
    const task = new Task<undefined, [], { domain: string; priority: number }>({
      name: 'update-dns',
      data: { domain: 'example.com', priority: 1 },
      taskFunction: async () => {},
    });
    expectTypeOf(task.data.domain).toEqualTypeOf<string>();
    expectTypeOf(task.data.priority).toEqualTypeOf<number>();
    const group = new TaskConstraintGroup<{ domain: string }, string>({
      name: 'g',
      constraintKeyForExecution: (own, input) => {
        expectTypeOf(own.data).toEqualTypeOf<{ domain: string }>();
        expectTypeOf(input).toEqualTypeOf<string | undefined>();
        return own.data.domain;
      },
      shouldExecute: (own) => {
        // @ts-expect-error The data has no such field.
        return own.data.tenant === 'acme';
      },
    });
    return typed(() => {
      manager.addConstraintGroup(group);
      const options: ITaskConstraintGroupOptions<{ a: 1 }> = { name: 'x', constraintKeyForExecution: () => null };
      // @ts-expect-error A key is a string or null.
      new TaskConstraintGroup({ name: 'x', constraintKeyForExecution: () => 17 });
      return options;
    });
  });

  it('carry the setup value', () => {
    new Task({
      name: 'query',
      taskSetup: async () => ({ query: async (text: string) => [text] }),
      taskFunction: async (input: string, pool) => {
        expectTypeOf(pool.query).toEqualTypeOf<(text: string) => Promise<string[]>>();
        return pool.query(input);
      },
    });
  });

  it('let a chain be made only of what fits', () =>
    typed(async () => {
      const chain = new Taskchain({ name: 'c', taskArray: [greet, length, double] });
      expectTypeOf(await chain.trigger()).toEqualTypeOf<number>();
      expectTypeOf<InputOf<typeof chain>>().toEqualTypeOf<InputOf<typeof greet>>();
      const typedChain = new Taskchain({ name: 'c', taskArray: [length, double] });
      expectTypeOf<InputOf<typeof typedChain>>().toEqualTypeOf<string>();
      // @ts-expect-error The chain takes what its first task takes.
      await typedChain.trigger(17);
      // @ts-expect-error A number is no string.
      new Taskchain({ name: 'c', taskArray: [double, length] });
    }));

  it('give a parallel task the tuple of its members’ results', () =>
    typed(async () => {
      const shout = new Task({ name: 'shout', taskFunction: async (text: string) => text.toUpperCase() });
      const both = new Taskparallel({ taskArray: [length, shout] });
      expectTypeOf(await both.trigger('a')).toEqualTypeOf<[number, string]>();
      expectTypeOf(await manager.triggerTask(both, 'a')).toEqualTypeOf<[number, string]>();
      // @ts-expect-error Its members take a string.
      await both.trigger(17);
    }));

  it('are inferred by TaskOnce and TaskDebounced', () =>
    typed(async () => {
      const taskFunction = async (text: string): Promise<number> => text.length;
      const once = new TaskOnce({ name: 'o', taskFunction });
      const debounced = new TaskDebounced({ name: 'd', debounceTimeInMillis: 300, taskFunction });
      expectTypeOf(await once.trigger('a')).toEqualTypeOf<number>();
      expectTypeOf(await debounced.trigger('a')).toEqualTypeOf<number>();
      expectTypeOf(once.hasTriggered).toEqualTypeOf<boolean>();
      // @ts-expect-error The input is typed.
      await once.trigger(17);
      // @ts-expect-error The input is typed.
      await debounced.trigger(17);
      // @ts-expect-error How long it must be quiet is required.
      new TaskDebounced({ name: 'd', taskFunction });
    }));

  it('are exported as the document lists them', () => {
    expectTypeOf<TTaskEventType>().toEqualTypeOf<'started' | 'step' | 'completed' | 'failed'>();
    expectTypeOf<ITaskEvent>().toExtend<{ type: TTaskEventType; task: ITaskMetadata; timestamp: number }>();
    expectTypeOf<ITaskExecutionReport>().toExtend<ITaskExecution>();
    expectTypeOf<ITaskMetadata['steps']>().toEqualTypeOf<ITaskStep[]>();
    expectTypeOf<IScheduledTaskInfo['schedule']>().toEqualTypeOf<string>();
    expectTypeOf<ITaskFunction<number>>().toExtend<(input: string, setup: number) => Promise<unknown>>();
    const documented: ITaskFunction<undefined> = async (input: string) => input;
    return typed(() => new Task({ name: 't', taskFunction: documented }));
  });
});
