/** The events of all tasks of a manager: as one subject, and as streams. */

import { type AnyTask, type EventHearer, EventSubject, type ITaskEvent } from '../task/index.js';
import { EventStream, type EventStreamOptions, type IEventsDropped } from './event-stream.js';

export class TaskEvents implements EventHearer {
  readonly subject: EventSubject<ITaskEvent>;
  readonly #unsubscribe: Map<AnyTask, () => void> = new Map();
  readonly #streams: Set<EventStream<ITaskEvent>> = new Set();
  #isStopped = false;

  constructor(onListenerError: (error: unknown) => void) {
    this.subject = new EventSubject(onListenerError);
  }

  get isHearing(): boolean {
    return !this.#isStopped && ((!this.subject.closed && this.subject.observed) || this.#streams.size > 0);
  }

  hear(event: ITaskEvent): void {
    if (!this.subject.closed) this.subject.next(event);
    for (const stream of this.#streams) stream.push(event);
  }

  add(task: AnyTask): void {
    if (!this.#unsubscribe.has(task)) this.#unsubscribe.set(task, task.runs.forwardTo(this));
  }

  remove(task: AnyTask): void {
    this.#unsubscribe.get(task)?.();
    this.#unsubscribe.delete(task);
  }

  start(): void {
    this.#isStopped = false;
  }

  /** Nothing is heard until it is started again. Who subscribed stays so. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Ends all streams, and completes the subject. */
  close(): void {
    this.#isStopped = true;
    for (const stream of this.#streams) stream.end();
    if (!this.subject.closed) this.subject.complete();
  }

  stream(options: EventStreamOptions): AsyncIterableIterator<ITaskEvent | IEventsDropped> {
    const stream = new EventStream<ITaskEvent>(options, () => this.#streams.delete(stream));
    if (options.signal?.aborted === true || this.subject.closed || this.subject.isStopped) stream.end();
    else this.#streams.add(stream);
    return stream;
  }
}
