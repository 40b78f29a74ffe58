import { JobHandle, type ResultOptions, TaskManager } from '../manager/index.js';
import type { AnyTask, EnqueueOptions, InputArgs, InputOf, OutputOf, TaskRef } from '../task/index.js';

/** A manager whose `enqueue` can be followed by something before it resolves, and whose time stands still. */
export class InlineManager extends TaskManager {
  /** Lets run what a result waits for. */
  onResultAsked: () => Promise<void> = async () => {};
  /** Null: nothing follows. */
  afterEnqueue: (() => Promise<void>) | null = null;

  override async enqueue<TTask extends AnyTask | TaskRef>(
    task: TTask,
    ...args: InputArgs<InputOf<TTask>, EnqueueOptions>
  ): Promise<JobHandle<OutputOf<TTask>>> {
    const handle = await super.enqueue(task, ...args);
    await this.afterEnqueue?.();
    return this.#asking(handle);
  }

  override async enqueueMany<TTask extends AnyTask | TaskRef>(
    task: TTask,
    inputs: Iterable<InputOf<TTask>>,
    options: Omit<EnqueueOptions, 'idempotencyKey' | 'unique'> = {},
  ): Promise<JobHandle<OutputOf<TTask>>[]> {
    const handles = await super.enqueueMany(task, inputs, options);
    await this.afterEnqueue?.();
    return handles.map((handle) => this.#asking(handle));
  }

  override handle(id: string): JobHandle {
    return this.#asking(super.handle(id));
  }

  #asking<TOutput>(handle: JobHandle<TOutput>): JobHandle<TOutput> {
    const result = (options?: ResultOptions): Promise<TOutput> => {
      const waiting = JobHandle.prototype.result.call(handle, options) as Promise<TOutput>;
      void this.onResultAsked().catch(() => {});
      return waiting;
    };
    return Object.defineProperty(handle, 'result', { value: result });
  }
}
