/**
 * A store in its simplest form, to hold a real one against after random work.
 *
 * It doesn't choose what is claimed: it judges what the store chose. All else it predicts by the
 * constructors of core/transitions, so that every field of every record can be compared.
 */

import { type GroupLimits, groupOfKey, type KeyState, noLimits, opensAt, room } from '../../core/constraint.js';
import type { ClaimedJob, JobRecord, NewJob } from '../../core/job.js';
import { claim, expire, isRunsEnd, settle } from '../../core/transitions.js';
import type { ControlAction, ControlAnswer, InsertAnswer } from '../contract.js';
import type { ClaimRequest, ExchangeReply, Settle, SettleAnswer } from '../exchange.js';
import { compare, controlPatch, type Rank, rankOf } from './model-rules.js';

export class Model {
  readonly jobs = new Map<string, JobRecord>();
  /** Token → when its lease ends. */
  readonly leases = new Map<string, number>();
  readonly #limits = new Map<string, GroupLimits>();
  readonly paused = new Set<string>();
  /** Key → when its last run ended; the second counts a rescue as an end, which the contract leaves open. */
  readonly #ends = new Map<string, { settled: number | null; rescued: number | null }>();

  running(): JobRecord[] {
    return [...this.jobs.values()].filter((job) => job.state === 'running');
  }

  /** What the store must answer to one new job. What is inserted is entered by `enter`. */
  insertAnswer(job: NewJob): Pick<InsertAnswer, 'status' | 'id'> {
    if (this.jobs.has(job.id)) return { status: 'existing', id: job.id };
    const taken = this.holderOf(job);
    if (taken === undefined) return { status: 'inserted', id: job.id };
    return {
      status: job.unique?.onConflict === 'replace' && taken.state === 'pending' ? 'replaced' : 'existing',
      id: taken.id,
    };
  }

  /** The job that holds the unique key of another. */
  holderOf({ unique, queue }: Pick<NewJob, 'unique' | 'queue'>): JobRecord | undefined {
    if (unique === null) return undefined;
    return [...this.jobs.values()].find((each) => each.unique?.key === unique.key && each.queue === queue);
  }

  enter(record: JobRecord): void {
    this.jobs.set(record.id, record);
  }

  replace(id: string, by: NewJob, now: number): void {
    const { input, priority, labels, keys } = by;
    this.#change(id, {
      input,
      priority,
      labels,
      keys,
      dueAt: by.dueAt ?? now + by.delayMs,
      reason: 'replaced',
      rev: this.#job(id).rev + 1,
    });
  }

  settle({ id, token, transition, endedAgoMs }: Settle, now: number): SettleAnswer {
    const job = this.jobs.get(id);
    if (job?.token !== token) return 'lost';
    if (job.state !== 'running') return 'repeated';
    if (isRunsEnd(transition)) this.#ended(job, now - endedAgoMs, 'settled');
    this.#change(id, settle(job, transition, now - endedAgoMs));
    return 'ok';
  }

  extend(token: string, leaseMs: number, now: number): 'kept' | 'lost' {
    if (!this.running().some((job) => job.token === token)) return 'lost';
    this.leases.set(token, now + leaseMs);
    return 'kept';
  }

  /** An adopted orphan with keys, or a suspect, may have joined the line that claims it by its own rules. */
  joined(id: string): void {
    const { keys, suspect } = this.#job(id);
    if (keys !== null || suspect) this.#change(id, { parkedOn: null });
  }

  /** A store may have forgotten an end that no limit cared for then, so a longer cooldown need not count it. */
  limit(group: string, limits: GroupLimits): void {
    const isLonger = limits.cooldownMs > (this.#limits.get(group)?.cooldownMs ?? 0);
    this.#limits.set(group, limits);
    for (const [key, ends] of this.#ends) if (isLonger && groupOfKey(key) === group) ends.settled = null;
  }

  /** How many leases ended; their jobs are rescued. */
  maintain(now: number): number {
    const expired = this.running().filter((job) => (this.leases.get(job.token as string) as number) <= now);
    for (const job of expired) {
      this.#ended(job, now, 'rescued');
      this.#change(job.id, expire(job, now));
    }
    return expired.length;
  }

  control(action: ControlAction, id: string, now: number, isDelayed?: boolean): ControlAnswer {
    const job = this.jobs.get(id);
    if (job === undefined) return { id, outcome: 'missing', state: null };
    // A job that came due since the last exchange may still be placed as delayed.
    const patch = controlPatch(action, job, isDelayed ?? job.dueAt > now, now);
    if (patch === 'refused') return { id, outcome: 'refused', state: job.state };
    if (patch === 'deleted') this.jobs.delete(id);
    else this.#change(id, patch);
    return { id, outcome: action === 'cancel' && job.state === 'running' ? 'requested' : 'done', state: job.state };
  }

  /**
   * Enters what the store claimed.
   *
   * @throws Error for a job that it should not have claimed, or should have claimed before another
   */
  claimed(request: ClaimRequest, reply: ExchangeReply): void {
    const { now } = reply;
    let last: Rank | null = null;
    let lowest: Rank | null = null;
    let suspected = false;
    for (const [index, job] of reply.jobs.entries()) {
      this.#judge(job, request, suspected, now);
      const record = this.#job(job.id);
      const rank = rankOf(record);
      if (last !== null && rank !== null && compare(last, rank) > 0)
        throw new Error(`${job.id} came after a job of lower rank: ${last} before ${rank}.`);
      last = rank ?? last;
      if (rank !== null && index < request.slots) lowest = rank;
      suspected ||= record.suspect;
      this.#change(job.id, claim(record, job.token, now));
      this.leases.set(job.token, now + request.leaseMs);
      const { attempt, token } = this.#job(job.id);
      if (job.attempt !== attempt || job.token !== token)
        throw new Error(`${job.id} came as attempt ${job.attempt}, not ${attempt}.`);
      this.#keepBounds(this.#job(job.id));
    }
    this.#judgeOmissions(request, reply, suspected, lowest);
  }

  /** Pending jobs that a claim of unlimited slots would get now. */
  claimable(request: ClaimRequest, withSuspects: boolean, now: number): JobRecord[] {
    return [...this.jobs.values()].filter((job) => this.#eligibleAt(job, request, withSuspects, now) === now);
  }

  /** At most the slots' worth, and what prefetch may take; under the right token; due; and with room under every key. */
  #judge(job: ClaimedJob, request: ClaimRequest, suspected: boolean, now: number): void {
    const record = this.#job(job.id);
    const wrong = (why: string): Error => new Error(`${job.id} was claimed, but ${why}: ${JSON.stringify(record)}`);
    if (record.state !== 'pending') throw wrong(`it is ${record.state}`);
    if (record.dueAt > now) throw wrong(`it is due ${record.dueAt - now} ms later`);
    if (!request.queues.includes(record.queue) || this.paused.has(record.queue))
      throw wrong('its queue is paused or was not asked for');
    if (record.parkedOn !== null && !request.adopt.includes(record.parkedOn)) throw wrong('it was not adopted');
    if (job.token !== (record.suspect ? request.suspectToken : request.token)) throw wrong(`its token is ${job.token}`);
    if (record.suspect && suspected) throw wrong('it is the second suspect');
    for (const key of record.keys ?? []) {
      if (room(this.#limitsOf(key), this.#keyState(key, 'settled'), now) < 1) throw wrong(`${key} has no room`);
    }
  }

  #judgeOmissions(request: ClaimRequest, reply: ExchangeReply, suspected: boolean, lowest: Rank | null): void {
    const { jobs, now, more } = reply;
    const records = jobs.map((job) => this.#job(job.id));
    const slotsTaken = records.filter((job) => job.keys !== null || job.suspect).length;
    if (jobs.length > request.slots + request.prefetch || slotsTaken > request.slots)
      throw new Error(`Too many were claimed: ${jobs.length}.`);
    const left = this.claimable(request, request.suspectToken !== null && !suspected, now);
    const slotFree = jobs.length < request.slots;
    const omitted = left.filter(
      (job) => slotFree || (job.keys === null && !job.suspect && jobs.length < request.slots + request.prefetch),
    );
    if (!more && omitted.length > 0) {
      throw new Error(
        `Nothing more, says the store, but ${omitted[0]?.id} is claimable: ${JSON.stringify(omitted[0])}`,
      );
    }
    const passedOver = left.find((job) => lowest !== null && compare(rankOf(job) ?? lowest, lowest) < 0);
    if (!more && passedOver !== undefined)
      throw new Error(`${passedOver.id} was passed over: ${JSON.stringify(passedOver)}`);
    if (!slotFree || more) return;
    const times = [...this.jobs.values()].map((job) =>
      this.#eligibleAt(job, request, request.suspectToken !== null && !suspected, now),
    );
    const earliest = Math.min(...times.filter((time) => time !== null));
    if (earliest < Infinity && (reply.nextAt === null || reply.nextAt > earliest)) {
      throw new Error(`nextAt is ${reply.nextAt}, but something may be claimed at ${earliest}; it is ${now}.`);
    }
    if (jobs.length === 0 && reply.nextAt !== null && reply.nextAt <= now)
      throw new Error(`nextAt is ${reply.nextAt}, which is not after ${now}.`);
  }

  /** When time alone makes the job claimable; null if something else must happen first. */
  #eligibleAt(job: JobRecord, request: ClaimRequest, withSuspects: boolean, now: number): number | null {
    if (job.state !== 'pending' || !request.queues.includes(job.queue) || this.paused.has(job.queue)) return null;
    if ((job.suspect && !withSuspects) || (job.parkedOn !== null && !request.adopt.includes(job.parkedOn))) return null;
    const opens = (job.keys ?? []).map((key) => opensAt(this.#limitsOf(key), this.#keyState(key, 'rescued'), now));
    return opens.some((at) => at === null) ? null : Math.max(now, job.dueAt, ...(opens as number[]));
  }

  #limitsOf(key: string): GroupLimits {
    return this.#limits.get(groupOfKey(key)) ?? noLimits;
  }

  #keyState(key: string, count: 'settled' | 'rescued'): KeyState {
    const running = this.running().filter((job) => job.keys?.includes(key)).length;
    return { running, endedAt: this.#ends.get(key)?.[count] ?? null, starts: [] };
  }

  #ended(job: JobRecord, at: number, how: 'settled' | 'rescued'): void {
    for (const key of job.keys ?? []) {
      const { settled, rescued } = this.#ends.get(key) ?? { settled: null, rescued: null };
      this.#ends.set(key, {
        settled: how === 'settled' ? Math.max(at, settled ?? at) : settled,
        rescued: Math.max(at, rescued ?? at),
      });
    }
  }

  #keepBounds({ id, attempt, maxAttempts }: JobRecord): void {
    if (attempt < 0 || (maxAttempts !== null && attempt > maxAttempts))
      throw new Error(`${id} is at attempt ${attempt} of ${maxAttempts}.`);
  }

  /** Parking on keys is the store's own affair; the model keeps `parkedOn` for orphans only. */
  #change(id: string, patch: Partial<JobRecord>): void {
    this.jobs.set(id, { ...this.#job(id), ...patch });
  }

  #job(id: string): JobRecord {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`${id} should not be there.`);
    return job;
  }
}
