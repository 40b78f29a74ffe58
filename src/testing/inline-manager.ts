import type { JobHandle } from '../manager/index.js';
import { TaskManager } from '../manager/index.js';
import type { AnyTask, EnqueueOptions, InputArgs, InputOf, OutputOf, TaskRef } from '../task/index.js';

/** A manager whose `enqueue` can be followed by something before it resolves. */
export class InlineManager extends TaskManager {
  /** Null: nothing follows. */
  afterEnqueue: (() => Promise<void>) | null = null;

  override async enqueue<TTask extends AnyTask | TaskRef>(
    task: TTask,
    ...args: InputArgs<InputOf<TTask>, EnqueueOptions>
  ): Promise<JobHandle<OutputOf<TTask>>> {
    const handle = await super.enqueue(task, ...args);
    await this.afterEnqueue?.();
    return handle;
  }

  override async enqueueMany<TTask extends AnyTask | TaskRef>(
    task: TTask,
    inputs: Iterable<InputOf<TTask>>,
    options: Omit<EnqueueOptions, 'idempotencyKey' | 'unique'> = {},
  ): Promise<JobHandle<OutputOf<TTask>>[]> {
    const handles = await super.enqueueMany(task, inputs, options);
    await this.afterEnqueue?.();
    return handles;
  }
}
