/** Making jobs, and acting on them. */

import { encode } from '../core/codec/index.js';
import { digest } from '../core/digest.js';
import type { ClaimedJob, NewJob, Rare } from '../core/job.js';
import { checkOptions } from '../core/options.js';
import { INPUT_LIMIT } from '../engine/index.js';
import { type ControlAction, type InsertAnswer, partitionOfQueue } from '../store/index.js';
import type { EnqueueOptions, TaskLike, TaskRef } from '../task/index.js';
import { settleAnswer } from './conflicts.js';
import { type HandleHost, JobHandle } from './handle.js';
import { type JobMaker, type JobSource, newJob } from './new-job.js';
import { actOnAll, actOnOne, filterOf } from './querying.js';
import type { Session } from './session.js';
import { refuseCoalescing, sourceOf, validate } from './source.js';
import { enqueueManyOptionNames, type JobQuery } from './types.js';

export class Jobs {
  readonly #session: Session;
  readonly #maker: JobMaker;
  readonly #handleHost: HandleHost;

  constructor(session: Session) {
    const { engine, host, registry, store } = session;
    this.#session = session;
    this.#maker = {
      newId: engine.newId,
      now: () => host.now(),
      partitionOf: (queue) => partitionOfQueue(store, queue),
      keysFor: (source, input) => registry.keysFor(source.task, input),
    };
    this.#handleHost = {
      result: async (id, options) => {
        await session.ready('wait for a result');
        return engine.result(id, options);
      },
      record: async (id) => {
        await session.readyToLook('look at a job');
        const [job] = await store.get([id]);
        return job ?? null;
      },
      cancel: async (id) => {
        await session.ready('cancel a job');
        return actOnOne(engine, 'cancel', id);
      },
    };
  }

  handle<TOutput>(id: string, isNew: boolean): JobHandle<TOutput> {
    return new JobHandle(id, isNew, this.#handleHost);
  }

  /** The hot path of a producer: once the store is ready, a call costs one promise. */
  enqueue<TOutput>(
    task: TaskLike | TaskRef,
    input: unknown,
    options: EnqueueOptions | undefined,
  ): Promise<JobHandle<TOutput>> {
    if (!this.#session.isReady) return this.#enqueueWhenReady(task, input, options);
    try {
      return this.#enqueue(sourceOf(this.#session.registry, task), input, options, null);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async enqueueMany<TOutput>(
    task: TaskLike | TaskRef,
    inputs: Iterable<unknown>,
    options: Omit<EnqueueOptions, 'idempotencyKey' | 'unique'>,
  ): Promise<JobHandle<TOutput>[]> {
    checkOptions('enqueueMany', options, enqueueManyOptionNames);
    if (!this.#session.isReady) await this.#session.ready('enqueue jobs');
    const source = sourceOf(this.#session.registry, task);
    refuseCoalescing(source, 'enqueue');
    const jobs = [];
    for (const input of inputs) {
      const checked = validate(source, input);
      if (checked !== null) await checked;
      const job = newJob(this.#maker, source, input, options);
      const asked = this.#admit(job);
      if (asked !== null) await asked;
      jobs.push(job);
    }
    const answers = await this.#session.engine.insertMany(jobs);
    return answers.map((answer) => this.handle(answer.id, answer.status === 'inserted'));
  }

  /** A retry of the parent makes no twin: the same task with the same input is one child. */
  async enqueueChild(
    parent: ClaimedJob,
    task: TaskLike | TaskRef,
    input: unknown,
    options?: EnqueueOptions,
  ): Promise<JobHandle> {
    await this.#session.readyForChild();
    const source = sourceOf(this.#session.registry, task);
    const rare: Rare = { parentId: parent.id, rootId: parent.rare?.rootId ?? parent.id };
    if (options?.idempotencyKey !== undefined || options?.unique !== undefined)
      return this.#enqueue(source, input, options, rare);
    const idempotencyKey = `child:${parent.id}:${digest(source.name, encode(input, 'input', INPUT_LIMIT))}`;
    return this.#enqueue(source, input, { ...options, idempotencyKey }, rare);
  }

  /** For a run without a job: nothing stands for a parent. */
  async enqueueFromTrigger(task: TaskLike | TaskRef, input: unknown, options?: EnqueueOptions): Promise<JobHandle> {
    await this.#session.readyForChild();
    return this.#enqueue(sourceOf(this.#session.registry, task), input, options, null);
  }

  /** By id: 1, or 0 if nothing was left to do. By query: how many it changed. @throws JobGoneError, JobStateError, OptionError */
  async act(action: ControlAction, idOrQuery: string | JobQuery): Promise<number> {
    const target = typeof idOrQuery === 'string' ? idOrQuery : filterOf(idOrQuery);
    await this.#session.ready(`${action} jobs`);
    const { engine } = this.#session;
    return typeof target === 'string'
      ? Number(await actOnOne(engine, action, target))
      : actOnAll(engine, action, target);
  }

  async #enqueueWhenReady<TOutput>(
    task: TaskLike | TaskRef,
    input: unknown,
    options: EnqueueOptions | undefined,
  ): Promise<JobHandle<TOutput>> {
    await this.#session.ready('enqueue a job');
    return this.#enqueue(sourceOf(this.#session.registry, task), input, options, null);
  }

  #enqueue<TOutput>(
    source: JobSource,
    input: unknown,
    options: EnqueueOptions | undefined,
    rare: Rare | null,
  ): Promise<JobHandle<TOutput>> {
    refuseCoalescing(source, 'enqueue');
    const checked = validate(source, input);
    if (checked !== null) return checked.then(() => this.#insert(source, input, options, rare));
    return this.#insert(source, input, options, rare);
  }

  #insert<TOutput>(
    source: JobSource,
    input: unknown,
    options: EnqueueOptions | undefined,
    rare: Rare | null,
  ): Promise<JobHandle<TOutput>> {
    const job = newJob(this.#maker, source, input, options, rare);
    const asked = this.#admit(job);
    // Those that share its call must not be refused with it.
    return asked === null ? this.#send(job, options) : asked.then(() => this.#send(job, options));
  }

  /** Null: nobody has to be asked whether it may have its keys. */
  #admit({ queue, keys }: NewJob): Promise<void> | null {
    return keys === null ? null : (this.#session.store.partitions?.admit(queue, keys) ?? null);
  }

  #send<TOutput>(job: NewJob, options: EnqueueOptions | undefined): Promise<JobHandle<TOutput>> {
    const { engine } = this.#session;
    const answer = engine.insertNow(job);
    if (answer !== null) return Promise.resolve(this.#answered(answer, job, options));
    const { answers, at } = engine.insert(job);
    return answers.then((all) => this.#answered(all[at] as InsertAnswer, job, options));
  }

  #answered<TOutput>(answer: InsertAnswer, job: NewJob, options: EnqueueOptions | undefined): JobHandle<TOutput> {
    const { id, isNew } = settleAnswer(answer, job, options?.idempotencyKey);
    return this.handle(id, isNew);
  }
}
