import fc from 'fast-check';
import { expect } from 'vitest';
import { noLimits } from '../../core/constraint.js';
import { isTerminal, type JobRecord, type NewJob, type Unique } from '../../core/job.js';
import {
  cancelled,
  completed,
  failed,
  orphaned,
  rekeyed,
  released,
  retried,
  skipped,
  snoozed,
  type Transition,
} from '../../core/transitions.js';
import type { ClaimRequest, ExchangeReply } from '../exchange.js';
import { claimRequest, type Held, keep, newError, newJob, newToken, Scene, settleOf, tenant } from './fixtures.js';
import { Model } from './model.js';
import { seed } from './seed.js';
import { keysOf, queues, type Step, step } from './steps.js';
import type { StoreFactory } from './subject.js';
import type { Topic } from './suite.js';

const RUNS = 150;
const STEPS = 40;

export const random: Topic = {
  name: 'random work',
  cases(test, factory) {
    test('given any sequence of work, when it is held against a small model, then every record, count, claim and answer agrees, and all ends', async () => {
      const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: STEPS, size: 'max' }), (steps) =>
        play(factory, steps),
      );
      await fc.assert(property, { numRuns: RUNS, seed: seed() });
    }, 120_000);
  },
};

async function play(factory: StoreFactory, steps: readonly Step[]): Promise<void> {
  const subject = await factory();
  try {
    const player = new Player(new Scene(subject));
    await player.limit('tenant', 1, 0);
    for (const each of steps) {
      await player.play(each);
      await player.compare();
    }
    await player.heal();
  } finally {
    await subject.dispose();
  }
}

/** Plays each step on the store and on the model, and compares. */
class Player {
  readonly #scene: Scene;
  readonly #model = new Model();
  /** All that was ever claimed, for late settles. */
  readonly #claims: Held[] = [];
  #lastClaim: { request: ClaimRequest; reply: ExchangeReply; revs: string } | null = null;
  #made = 0;
  #version = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async play(step: Step): Promise<void> {
    const model = this.#model;
    const now = this.#scene.now();
    switch (step.verb) {
      case 'insert':
        return this.#insert(step);
      case 'exchange':
        return this.#exchange(step);
      case 'repeat':
        return this.#repeat();
      case 'settle late': {
        const held = at(this.#claims, step.pick);
        if (held === undefined) return;
        const settle = settleOf(held, completed('"late"', keep));
        const expected = model.settle(settle, now);
        const reply = await this.#scene.store.exchange({ worker: 'late', settle: [settle], claim: null });
        expect(reply.settled).toEqual([expected]);
        return;
      }
      case 'extend': {
        const token = at(this.#claims, step.pick)?.token ?? 'stranger';
        const cancel = model
          .running()
          .filter((job) => job.token === token && job.cancelRequested)
          .map((job) => job.id);
        const kept = model.extend(token, step.leaseMs, now) === 'kept';
        const reply = await this.#scene.extend([token], { leaseMs: step.leaseMs });
        expect({ lost: reply.lost, cancel: [...reply.cancel].sort() }).toEqual({
          lost: kept ? [] : [token],
          cancel: cancel.sort(),
        });
        return;
      }
      case 'advance':
        return this.#scene.advance(step.ms);
      case 'maintain':
        expect((await this.#scene.maintain()).rescued).toBe(model.maintain(now));
        return;
      case 'control': {
        const id = at([...model.jobs.keys()], step.pick) ?? 'nobody';
        const [real] = await this.#scene.store.get([id]);
        const isDelayed = real?.placement === 'delayed';
        expect(await this.#scene.control(step.action, id)).toEqual([model.control(step.action, id, now, isDelayed)]);
        return;
      }
      case 'pause':
        if (step.paused) model.paused.add(step.queue);
        else model.paused.delete(step.queue);
        await this.#scene.queue({ name: step.queue, paused: step.paused });
        return;
      case 'limit':
        return this.limit(step.group, step.maxConcurrent, step.cooldownMs);
    }
  }

  /** A raised limit wakes waiters by the next chores at the latest, so the chores run at once. */
  async limit(group: string, maxConcurrent: number | null, cooldownMs: number): Promise<void> {
    this.#version += 1;
    this.#model.limit(group, { ...noLimits, maxConcurrent, cooldownMs });
    await this.#scene.limit({ maxConcurrent, cooldownMs }, this.#version, group);
    expect((await this.#scene.maintain()).rescued).toBe(this.#model.maintain(this.#scene.now()));
  }

  async #insert(step: Extract<Step, { verb: 'insert' }>): Promise<void> {
    this.#made += 1;
    const { queue, delayMs, priority, maxAttempts } = step;
    const keys = keysOf[step.keys] ?? null;
    const job = newJob({
      id: `job-${this.#made}`,
      queue,
      delayMs,
      priority,
      maxAttempts,
      keys,
      unique: this.#uniqueOf(step),
    });
    const expected = this.#model.insertAnswer(job);
    expect(await this.#scene.store.insert([job])).toMatchObject([expected]);
    if (expected.status === 'inserted') {
      const record = await this.#scene.record(job.id);
      // Where a job waits on keys is the store's own affair.
      this.#model.enter({ ...record, placement: 'ready', parkedOn: null });
    }
    if (expected.status === 'replaced') this.#model.replace(expected.id, job, this.#scene.now());
  }

  /** The contract doesn't say whether a suspended or orphaned job waits, so nothing tries to replace one. */
  #uniqueOf({ unique, queue }: Pick<NewJob, 'unique' | 'queue'>): Unique | null {
    const holder = this.#model.holderOf({ unique, queue });
    const isUnclear = holder !== undefined && (holder.state === 'suspended' || holder.parkedOn !== null);
    return unique !== null && isUnclear ? { ...unique, onConflict: 'keep' } : unique;
  }

  async #exchange(step: Extract<Step, { verb: 'exchange' }>): Promise<void> {
    const held = new Map(step.settles.map((settle) => [at(this.#model.running(), settle.pick)?.id, settle]));
    const settles = this.#model.running().flatMap((job) => {
      const chosen = held.get(job.id);
      return chosen === undefined ? [] : [settleOf(heldOf(job), transitionOf(chosen.kind, job), chosen.endedAgoMs)];
    });
    const adopt = step.adopt ? ['task:resize'] : [];
    const { slots, prefetch, leaseMs } = step;
    const suspectToken = step.suspect ? newToken('suspect') : null;
    const { queues, isWorkKnown } = step;
    await this.#claim(claimRequest({ queues, slots, prefetch, leaseMs, adopt, suspectToken, isWorkKnown }), settles);
  }

  async #claim(request: ClaimRequest, settles: ReturnType<typeof settleOf>[]): Promise<ExchangeReply> {
    const now = this.#scene.now();
    const expected = settles.map((settle) => this.#model.settle(settle, now));
    const reply = await this.#scene.store.exchange({ worker: 'worker-1', settle: settles, claim: request });
    expect(reply.now).toBe(now);
    expect(reply.settled).toEqual(expected);
    this.#model.claimed(request, reply);
    this.#claims.push(...reply.jobs);
    this.#lastClaim = reply.jobs.length === 0 ? null : { request, reply, revs: this.#revs(reply) };
    return reply;
  }

  /** The last claim once more, if all of it is still as it was. */
  async #repeat(): Promise<void> {
    const last = this.#lastClaim;
    if (last === null || this.#revs(last.reply) !== last.revs) return;
    const again = await this.#scene.store.exchange({ worker: 'worker-1', settle: [], claim: last.request });
    expect(again.jobs).toEqual(last.reply.jobs);
  }

  #revs(reply: ExchangeReply): string {
    return reply.jobs.map(({ id }) => `${id}@${this.#model.jobs.get(id)?.rev}`).join();
  }

  /** Every record as the model has it; the counts as the list has them. */
  async compare(): Promise<void> {
    const records = await this.#scene.list();
    const expected = [...this.#model.jobs.values()];
    const found = new Map(records.map((job) => [job.id, job]));
    expect([...found.keys()].sort()).toEqual(expected.map((job) => job.id).sort());
    for (const job of expected) {
      const real = found.get(job.id) as JobRecord;
      if (job.parkedOn !== null && real.parkedOn !== job.parkedOn) this.#model.joined(job.id);
      if (faceOf(real) !== faceOf(job))
        expect(JSON.parse(faceOf(real)), `job ${job.id}`).toEqual(JSON.parse(faceOf(job)));
    }
    expect(await this.#scene.count()).toEqual(countsOf(records));
    for (const job of records) {
      if (job.state === 'pending' && job.dueAt > this.#scene.now())
        expect(job.placement, `where ${job.id} waits`).toBe('delayed');
      if (job.state !== 'pending') expect([job.placement, job.parkedOn], `where ${job.id} waits`).toEqual([null, null]);
      else expect(job.placement === 'parked', `whether ${job.id} is parked`).toBe(job.parkedOn !== null);
    }
  }

  /** Time passes, queues run, nothing is suspended, and every run completes: then everything ends. */
  async heal(): Promise<void> {
    for (const queue of queues) await this.play({ verb: 'pause', queue, paused: false });
    for (const job of this.#model.jobs.values()) if (job.state === 'suspended') await this.#resume(job.id);
    await this.#scene.advance(10_000);
    await this.play({ verb: 'maintain' });
    for (let round = 0; round < 20 * this.#made + 50; round++) {
      const settles = this.#model.running().map((job) => settleOf(heldOf(job), completed(null, keep)));
      const request = claimRequest({
        queues,
        slots: 3,
        leaseMs: 500,
        suspectToken: newToken('suspect'),
        adopt: ['task:resize'],
      });
      const reply = await this.#claim(request, settles);
      if (reply.jobs.length > 0 || reply.more) continue;
      if (reply.nextAt === null) break;
      await this.#scene.advanceTo(reply.nextAt);
    }
    await this.compare();
    const left = [...this.#model.jobs.values()].filter((job) => !isTerminal(job.state));
    expect(left, 'jobs that never ended').toEqual([]);
  }

  async #resume(id: string): Promise<void> {
    expect(await this.#scene.control('resume', id)).toEqual([this.#model.control('resume', id, this.#scene.now())]);
  }
}

function at<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

function heldOf(job: JobRecord): Held {
  return { id: job.id, seq: job.seq, token: job.token as string };
}

/** What a worker may decide about this job: no retry once its attempts are used up, keys only where it has none. */
function transitionOf(kind: number, job: JobRecord): Transition {
  const error = newError({ attempt: job.attempt, at: kind });
  const last = job.maxAttempts !== null && job.attempt >= job.maxAttempts;
  const all = [
    completed('"done"', keep),
    skipped(keep),
    failed(error, keep),
    cancelled(keep),
    last ? failed(error, keep) : retried(error, 70),
    last ? failed(error, keep) : retried(error, 0),
    snoozed(50),
    released(),
    orphaned('resize'),
    job.keys === null ? rekeyed([tenant('x')]) : released(),
  ];
  return all[kind] as Transition;
}

/** All that the model predicts of a record, as text. */
function faceOf(job: JobRecord): string {
  const { placement: _, parkedOn: __, progress: ___, ...face } = job;
  return JSON.stringify(Object.fromEntries(Object.entries(face).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function countsOf(records: readonly JobRecord[]) {
  const inState = (state: JobRecord['state']): number => records.filter((job) => job.state === state).length;
  const parked = records.filter((job) => job.placement === 'parked');
  const orphanedCount = parked.filter((job) => job.parkedOn?.startsWith('task:')).length;
  return {
    pending: inState('pending'),
    running: inState('running'),
    suspended: inState('suspended'),
    completed: inState('completed'),
    failed: inState('failed'),
    cancelled: inState('cancelled'),
    delayed: records.filter((job) => job.placement === 'delayed').length,
    parked: parked.length - orphanedCount,
    orphaned: orphanedCount,
    exact: true,
  };
}
