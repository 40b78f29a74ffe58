/** Naming a task, and what its types say of its jobs. */

/** As much of a task as its types are read from. */
export interface TaskLike {
  /** The task's name. */
  readonly name: string;
  /** Where its jobs wait. */
  readonly queue: string;
  /** Its function. */
  // biome-ignore lint/suspicious/noExplicitAny: the only type that every function fits
  readonly run: (input: any, ctx: any) => any;
}

/** A task by its name, for producers that import only its type. */
export interface TaskRef<TTask extends TaskLike = TaskLike> {
  /** The task's name. */
  readonly name: string;
  /** Must be the task's own, where that isn't `'default'`. */
  readonly queue: string;
  /** Tells it from a task. */
  readonly isTaskRef: true;
  /** Carries the type; never there. */
  readonly task?: TTask;
}

/**
 * Names a task, typed by it, without importing its code.
 *
 * @example manager.enqueue(taskRef<typeof resize>('resize', { queue: 'images' }), { path: 'a.png', width: 10 })
 */
export function taskRef<TTask extends TaskLike>(
  name: string,
  options: { readonly queue?: string | undefined } = {},
): TaskRef<TTask> {
  return { name, queue: options.queue ?? 'default', isTaskRef: true };
}

/** What a task, or a reference to one, takes. */
export type InputOf<T> = T extends TaskRef<infer U> ? InputOf<U> : T extends TaskLike ? Parameters<T['run']>[0] : never;
/** What a job of a task, or of a reference to one, results in. */
export type OutputOf<T> =
  T extends TaskRef<infer U> ? OutputOf<U> : T extends TaskLike ? Awaited<ReturnType<T['run']>> : never;

/** The input may be left out where the task takes none. */
// biome-ignore lint/suspicious/noConfusingVoidType: a task without input infers void
export type InputArgs<TInput, TOptions> = [void] extends [TInput]
  ? [input?: TInput, options?: TOptions]
  : undefined extends TInput
    ? [input?: TInput, options?: TOptions]
    : [input: TInput, options?: TOptions];

/** As `InputArgs`, without options. */
// biome-ignore lint/suspicious/noConfusingVoidType: a task without input infers void
export type InputArg<TInput> = [void] extends [TInput]
  ? [input?: TInput]
  : undefined extends TInput
    ? [input?: TInput]
    : [input: TInput];
