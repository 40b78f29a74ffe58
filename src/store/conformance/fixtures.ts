/** What the cases are told with: jobs whose look-alike fields differ, and one store with its clock. */

import { expect } from 'vitest';
import { constraintKey, type GroupLimits, noLimits } from '../../core/constraint.js';
import {
  type ClaimedJob,
  type JobError,
  type JobRecord,
  type Keep,
  type NewJob,
  RECORD_VERSION,
} from '../../core/job.js';
import { completed, type Transition } from '../../core/transitions.js';
import type {
  ControlAction,
  ControlAnswer,
  Counts,
  ExtendReply,
  InsertAnswer,
  Inspection,
  JobFilter,
  MaintainReply,
  QueueSettings,
  ScheduleDefinition,
  Store,
  WorkerPresence,
} from '../contract.js';
import type { ClaimRequest, ExchangeReply, Settle, SettleAnswer } from '../exchange.js';
import type { Subject } from './subject.js';

export const QUEUE = 'images';
export const OTHER_QUEUE = 'letters';
export const LEASE_MS = 30_000;

/** Differs from the default keep and from a job's own in every field. */
export const keep: Keep = { completedMs: 7_200_000, failedMs: 10_800_000, count: null };

let made = 0;

export function newJob(given: Partial<NewJob> = {}): NewJob {
  made += 1;
  return {
    id: `job-${made}`,
    partition: 0,
    recordVersion: RECORD_VERSION,
    minReader: 1,
    task: 'resize',
    queue: QUEUE,
    input: `{"path":"${made}.png"}`,
    delayMs: 0,
    dueAt: null,
    priority: 0,
    maxAttempts: 3,
    labels: null,
    keys: null,
    unique: null,
    digest: null,
    rare: null,
    ...given,
  };
}

/** `count` jobs named `prefix-1`, `prefix-2`, … */
export function many(count: number, prefix: string, given: Partial<NewJob> = {}): Partial<NewJob>[] {
  return Array.from({ length: count }, (_, i) => ({ ...given, id: `${prefix}-${i + 1}` }));
}

export function newToken(kind = 'claim'): string {
  made += 1;
  return `${kind}-token-${made}`;
}

export function newError(given: Partial<JobError> = {}): JobError {
  return {
    name: 'TypeError',
    message: 'x is not a function',
    stack: 'at resize (a.ts:1)',
    reason: 'threw',
    attempt: 1,
    at: 1_234,
    ...given,
  };
}

export function newPresence(given: Partial<WorkerPresence> = {}): WorkerPresence {
  return {
    id: 'worker-1',
    name: 'host:4711',
    startedAt: 1_000,
    queues: [QUEUE],
    tasks: ['resize'],
    concurrency: 8,
    running: 3,
    ...given,
  };
}

export function newSchedule(given: Partial<ScheduleDefinition> = {}): ScheduleDefinition {
  return {
    id: 'nightly',
    definitionVersion: 4,
    task: 'resize',
    queue: QUEUE,
    input: '{"path":"all"}',
    rule: '{"cron":"0 2 * * *"}',
    template: '{"priority":7}',
    fingerprint: 'print-1',
    nextAt: 1_900_000_000_000,
    ...given,
  };
}

/** A key of the group `tenant`. */
export function tenant(value: string): string {
  return constraintKey('tenant', value);
}

export function ids(
  found: { readonly jobs: readonly { readonly id: string }[] } | readonly { readonly id: string }[],
): string[] {
  const list: readonly { readonly id: string }[] = 'jobs' in found ? found.jobs : found;
  return list.map((job) => job.id);
}

export type Asked = Partial<ClaimRequest> & { readonly worker?: string };

/** One store, its clock, and the verbs with what a case leaves unsaid filled in. */
export class Scene {
  readonly store: Store;
  readonly subject: Subject;

  constructor(subject: Subject) {
    this.subject = subject;
    this.store = subject.store;
  }

  now(): number {
    return this.subject.now();
  }

  async advance(ms: number): Promise<void> {
    await this.subject.advance(ms);
  }

  async advanceTo(instant: number): Promise<void> {
    await this.subject.advance(instant - this.subject.now());
  }

  insert(...jobs: Partial<NewJob>[]): Promise<readonly InsertAnswer[]> {
    return this.store.insert(jobs.map(newJob));
  }

  /** Claims up to 100 jobs of the queue `images`, none of them suspect, unless asked otherwise. */
  claim(asked: Asked = {}, settle: readonly Settle[] = []): Promise<ExchangeReply> {
    return this.store.exchange({ worker: asked.worker ?? 'worker-1', settle, claim: claimRequest(asked) });
  }

  /** The one job that a claim of one slot answers; the case fails if it isn't the expected one. */
  async claimOne(expected: string, asked: Asked = {}): Promise<ClaimedJob> {
    const reply = await this.claim({ slots: 1, ...asked });
    expect(ids(reply), 'the claimed jobs').toEqual([expected]);
    return reply.jobs[0] as ClaimedJob;
  }

  /** Claims under a new token each time until the store has no more to give, at most `exchanges` times. */
  async claimWithin(exchanges: number, asked: Asked = {}): Promise<ClaimedJob[]> {
    const jobs: ClaimedJob[] = [];
    for (let i = 0; i < exchanges; i++) {
      const reply = await this.claim(asked);
      jobs.push(...reply.jobs);
      if (!reply.more) break;
    }
    return jobs;
  }

  async settle(job: Held, transition: Transition, endedAgoMs = 0): Promise<SettleAnswer> {
    const reply = await this.store.exchange({
      worker: 'worker-1',
      settle: [settleOf(job, transition, endedAgoMs)],
      claim: null,
    });
    return reply.settled[0] as SettleAnswer;
  }

  async complete(...jobs: readonly Held[]): Promise<readonly SettleAnswer[]> {
    const settle = jobs.map((job) => settleOf(job, completed(null, keep)));
    return (await this.store.exchange({ worker: 'worker-1', settle, claim: null })).settled;
  }

  /** Claims and completes, moving the clock to what is due next, until nothing is left. Ids in the order of claim. */
  async drain(asked: Asked = {}): Promise<string[]> {
    const order: string[] = [];
    let held: readonly ClaimedJob[] = [];
    for (let round = 0; round < 10_000; round++) {
      const request = { ...asked, token: newToken(), suspectToken: newToken('suspect') };
      const reply = await this.claim(
        request,
        held.map((job) => settleOf(job, completed(null, keep))),
      );
      held = reply.jobs;
      order.push(...ids(reply));
      if (held.length > 0 || reply.more) continue;
      if (reply.nextAt === null) return order;
      await this.advanceTo(Math.max(reply.nextAt, this.now()));
    }
    throw new Error('The store never came to rest.');
  }

  /** Claims are made, and then the clock moves past their leases and the chores run. */
  async rescue(leaseMs: number = LEASE_MS): Promise<MaintainReply> {
    await this.advance(leaseMs + 1);
    return this.maintain();
  }

  maintain(limit = 100, term: number | null = null): Promise<MaintainReply> {
    return this.store.maintain({ term, limit });
  }

  extend(
    tokens: readonly string[],
    given: { worker?: WorkerPresence; leaseMs?: number; leaving?: boolean } = {},
  ): Promise<ExtendReply> {
    const { worker = newPresence(), leaseMs = LEASE_MS, leaving = false } = given;
    return this.store.extend({ worker, tokens, leaseMs, leaving });
  }

  async record(id: string): Promise<JobRecord> {
    const [found] = await this.store.get([id]);
    if (found === null || found === undefined) throw new Error(`Job ${id} is not in the store.`);
    return found;
  }

  async has(id: string): Promise<boolean> {
    return (await this.store.get([id]))[0] !== null;
  }

  async inspect(id: string): Promise<Inspection> {
    const found = await this.store.inspect(id);
    if (found === null) throw new Error(`Job ${id} is not in the store.`);
    return found;
  }

  async control(action: ControlAction, ...jobIds: string[]): Promise<readonly ControlAnswer[]> {
    return (await this.store.control(action, { ids: jobIds }, 1_000)).answers;
  }

  /** All pages of a filter, and how many there were. */
  async list(filter: JobFilter = {}, pageSize = 1_000): Promise<JobRecord[]> {
    const jobs: JobRecord[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 1_000; page++) {
      const reply = await this.store.list(filter, cursor, pageSize);
      expect(reply.jobs.length, 'the size of a page').toBeLessThanOrEqual(pageSize);
      jobs.push(...reply.jobs);
      if (reply.cursor === null) return jobs;
      cursor = reply.cursor;
    }
    throw new Error('The list never ended.');
  }

  count(filter: JobFilter = {}): Promise<Counts> {
    return this.store.count(filter);
  }

  /** Limits of the group `tenant`. */
  async limit(limits: Partial<GroupLimits>, definitionVersion = 1, name = 'tenant'): Promise<void> {
    await this.store.configure({ groups: [{ name, definitionVersion, limits: { ...noLimits, ...limits } }] });
  }

  async queue(settings: Partial<QueueSettings>): Promise<void> {
    await this.store.configure({ queues: [{ name: QUEUE, definitionVersion: 1, ...settings }] });
  }
}

/** What a settle needs to know of a claimed job. */
export type Held = Pick<ClaimedJob, 'id' | 'seq' | 'token'>;

export function settleOf(job: Held, transition: Transition, endedAgoMs = 0): Settle {
  return { id: job.id, seq: job.seq, token: job.token, transition, endedAgoMs };
}

export function claimRequest(asked: Asked): ClaimRequest {
  const { worker: _, ...given } = asked;
  return {
    token: newToken(),
    suspectToken: null,
    queues: [QUEUE],
    slots: 100,
    prefetch: 0,
    leaseMs: LEASE_MS,
    adopt: [],
    isWorkKnown: false,
    ...given,
  };
}
