/** Triggers whose runs wait to be let go, under groups whose keys are the first letter of the input. */

import { type AnyTask, Task, TaskConstraintGroup, type TaskManager } from 'taskspan';
import { type Gate, gate, type World, watch } from '../engine/world.js';

type Group = Partial<ConstructorParameters<typeof TaskConstraintGroup>[0]>;

/** A manager with such a task and groups. */
export function gated(world: World, ...groups: readonly Group[]) {
  const manager: TaskManager = world.manager();
  const runs: { readonly input: string; readonly gate: Gate<string> }[] = [];
  const task: AnyTask = new Task({
    name: 'work',
    taskFunction: (input: string) => {
      const own = gate<string>();
      runs.push({ input, gate: own });
      return own.promise;
    },
  });
  const made = groups.map(
    (options, i) =>
      new TaskConstraintGroup({
        name: `g${i}`,
        maxConcurrent: 1,
        constraintKeyForExecution: (_task, input?: string) => input?.charAt(0) ?? null,
        ...options,
      }),
  );
  for (const group of made) manager.addConstraintGroup(group);
  return {
    manager,
    task,
    groups: made,
    inputs: () => runs.map(({ input }) => input),
    trigger: (input: string) => watch(manager.triggerTask(task, input)),
    end: async (input: string) => {
      runs.find((run) => run.input === input)?.gate.open(`did ${input}`);
      await world.time.settle();
    },
  };
}
