import type { StepDef } from './steps.js';

/** A step of a run, as it is seen from outside. Times are epoch ms. */
export interface ITaskStep {
  readonly name: string;
  readonly description: string;
  /** Its share of the whole, 0–100. */
  readonly percentage: number;
  readonly status: 'pending' | 'active' | 'completed';
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  /** ms. */
  readonly duration?: number | undefined;
}

/** One step of one run. */
export class TaskStep implements ITaskStep {
  readonly name: string;
  readonly description: string;
  readonly percentage: number;
  status: ITaskStep['status'] = 'pending';
  startTime: number | undefined;
  endTime: number | undefined;

  constructor({ name, description, percentage }: StepDef) {
    this.name = name;
    this.description = description;
    this.percentage = percentage;
  }

  get duration(): number | undefined {
    return this.startTime === undefined || this.endTime === undefined ? undefined : this.endTime - this.startTime;
  }

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
