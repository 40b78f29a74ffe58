/** The schedules of a manager: written at once where they can be awaited, else when it starts. */

import { StoreError, UnknownScheduleError } from '../core/errors.js';
import type { NewJob } from '../core/job.js';
import { checkOptions, nearest, wholeNumber } from '../core/options.js';
import { type Recurrence, recurrence } from '../core/recurrence/index.js';
import { triggeredJob } from '../engine/index.js';
import { partitionOfQueue, type ScheduleRecord } from '../store/index.js';
import type { AnyTask, TaskLike, TaskRef } from '../task/index.js';
import { ScheduledTasks } from './scheduled-tasks.js';
import {
  damagedSchedule,
  type ScheduleInfo,
  scheduleDefinition,
  scheduleInfo,
  taskScheduleId,
  taskScheduleOptions,
} from './scheduling.js';
import type { Session } from './session.js';
import { refuseCoalescing, sourceOf, unknownTask, validate } from './source.js';
import type { ScheduleOptions, ScheduleQuery } from './types.js';

/** More schedules than anybody reads. */
const LISTED = 10_000;

export class Schedules {
  /** Those of `scheduleTaskByName`, in this process. */
  readonly byName: ScheduledTasks = new ScheduledTasks();
  readonly #session: Session;
  /** Of `scheduleTaskByName` before the manager was started. */
  readonly #pending: Map<string, { readonly task: AnyTask; readonly options: ScheduleOptions }> = new Map();

  #writing: Promise<void> | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @throws OptionError for a task whose triggers are merged, and what `put` throws */
  async schedule(task: TaskLike | TaskRef, input: unknown, options: ScheduleOptions): Promise<ScheduleInfo> {
    refuseCoalescing(sourceOf(this.#session.registry, task), 'schedule');
    return this.put(task, input, options);
  }

  async put(task: TaskLike | TaskRef, input: unknown, options: ScheduleOptions): Promise<ScheduleInfo> {
    const { store, registry, engine, host } = this.#session;
    await this.#session.ready('schedule a task');
    const source = sourceOf(registry, task);
    const checked = validate(source, input);
    if (checked !== null) await checked;
    const keys = registry.keysFor(source.task, input);
    const definition = scheduleDefinition(source, input, options, keys, host.now());
    if (keys !== null) await store.partitions?.admit(source.queue, keys);
    await store.putSchedule(definition);
    engine.schedulesChanged();
    const [record] = await store.listSchedules({ ids: [definition.id] }, 1);
    if (record === undefined)
      throw new StoreError('STORE_FAILED', `Schedule '${definition.id}' was removed while it was written.`);
    return scheduleInfo(record, source.task !== undefined);
  }

  async list(query: ScheduleQuery): Promise<ScheduleInfo[]> {
    checkOptions('schedules', query, ['limit']);
    const limit = query.limit === undefined ? LISTED : wholeNumber(query.limit, 'the limit of schedules', 1);
    await this.#session.ready('list schedules');
    const records = await this.#session.store.listSchedules({}, Math.min(limit, LISTED));
    return records.map((record) => scheduleInfo(record, this.#session.registry.task(record.task) !== undefined));
  }

  /** @throws UnknownScheduleError, OptionError */
  async nextSlots(id: string, count: number): Promise<readonly number[]> {
    return scheduleInfo(await this.#record(id), false).preview(count);
  }

  /**
   * Makes a job of it, due now.
   *
   * @returns the job's id
   * @throws UnknownScheduleError; ScheduleError if its record is damaged
   */
  async trigger(id: string): Promise<string> {
    const record = await this.#record(id);
    const { engine, host, store } = this.#session;
    const now = host.now();
    const job = jobOf(record, engine.newId(now, partitionOfQueue(store, record.queue)), now);
    await engine.insertMany([job]);
    return job.id;
  }

  async remove(id: string): Promise<boolean> {
    this.#pending.delete(id);
    await this.#session.ready('remove a schedule');
    const wasThere = await this.#session.store.removeSchedule(id);
    this.#session.engine.schedulesChanged();
    return wasThere;
  }

  /** @throws ScheduleError at once, whether it is written now or later */
  checkPattern(cron: string): Recurrence {
    return recurrence({ cron }, this.#session.host.now());
  }

  /** @throws UnknownTaskError, ScheduleError */
  putByName(name: string, cron: string): void {
    const task = this.#session.registry.task(name);
    if (task === undefined) throw unknownTask(name, this.#session.registry);
    const options = taskScheduleOptions(name, cron);
    this.byName.set(name, cron, this.checkPattern(cron));
    if (!this.#session.engine.isStarted) this.#pending.set(options.id, { task, options });
    else this.#session.background(this.put(task, undefined, options), `the schedule of task '${name}'`);
  }

  removeByName(name: string): void {
    const id = taskScheduleId(name);
    this.byName.delete(name);
    this.#pending.delete(id);
    this.#session.background(this.remove(id), `the schedule of task '${name}'`);
  }

  /** What the store doesn't take stays for the next start. */
  writePending(): Promise<void> {
    // Two at once would each take what the other has written for descheduled.
    if (this.#writing === null && this.#pending.size > 0) this.#writing = this.#writeAll();
    return this.#writing ?? Promise.resolve();
  }

  async #writeAll(): Promise<void> {
    try {
      await this.#writeOneByOne();
    } finally {
      this.#writing = null;
    }
  }

  async #writeOneByOne(): Promise<void> {
    for (let [first] = this.#pending; first !== undefined; [first] = this.#pending) {
      const [id, { task, options }] = first;
      await this.put(task, undefined, options);
      if (!this.#pending.has(id)) await this.remove(id);
      else if (this.#pending.get(id)?.options === options) this.#pending.delete(id);
    }
  }

  async #record(id: string): Promise<ScheduleRecord> {
    await this.#session.ready('look at a schedule');
    const { store } = this.#session;
    const [record] = await store.listSchedules({ ids: [id] }, 1);
    if (record !== undefined) return record;
    const others = await store.listSchedules({}, LISTED);
    throw new UnknownScheduleError(
      id,
      nearest(
        id,
        others.map((other) => other.id),
      ),
    );
  }
}

function jobOf(record: ScheduleRecord, id: string, now: number): NewJob {
  try {
    return triggeredJob(record, id, now);
  } catch (error) {
    throw damagedSchedule(record.id, error);
  }
}
