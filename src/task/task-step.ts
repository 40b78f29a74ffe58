import type { StepDef } from './steps.js';

/** A step of a run, as it is seen from outside. Times are epoch ms. */
export interface ITaskStep {
  /** As declared. */
  readonly name: string;
  /** As declared. */
  readonly description: string;
  /** Its share of the whole, 0–100. */
  readonly percentage: number;
  /** `completed` once the next step begins, or the run succeeds. */
  readonly status: 'pending' | 'active' | 'completed';
  /** When it began. */
  readonly startTime?: number | undefined;
  /** When it was completed. */
  readonly endTime?: number | undefined;
  /** ms. */
  readonly duration?: number | undefined;
}

/** One step of one run. */
export class TaskStep implements ITaskStep {
  /** As declared. */
  readonly name: string;
  /** As declared. */
  readonly description: string;
  /** Its share of the whole, 0–100. */
  readonly percentage: number;
  /** `pending` until it begins, then `active`, then `completed`. */
  status: ITaskStep['status'] = 'pending';
  /** When it began, epoch ms. */
  startTime: number | undefined;
  /** When it was completed, epoch ms. */
  endTime: number | undefined;

  constructor({ name, description, percentage }: StepDef) {
    this.name = name;
    this.description = description;
    this.percentage = percentage;
  }

  /** From beginning to end, ms; undefined before its end. */
  get duration(): number | undefined {
    return this.startTime === undefined || this.endTime === undefined ? undefined : this.endTime - this.startTime;
  }

  /** Makes it active, anew if it had ended. */
  begin(now: number): void {
    this.status = 'active';
    this.startTime = now;
    this.endTime = undefined;
  }

  /** Only what has begun can be completed. */
  complete(now: number): void {
    if (this.status !== 'active') return;
    this.status = 'completed';
    this.endTime = now;
  }

  /** As it is now. */
  getMetadata(): ITaskStep {
    const { name, description, percentage, status, startTime, endTime, duration } = this;
    return { name, description, percentage, status, startTime, endTime, duration };
  }
}
