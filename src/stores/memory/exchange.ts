/** Settle, promote, claim: the hot path of the memory store. */

import { isBefore } from '../../core/heap.js';
import type { ClaimedJob } from '../../core/job.js';
import { claim, isRunsEnd, settle } from '../../core/transitions.js';
import type { ClaimRequest, ExchangeReply, ExchangeRequest, Settle, SettleAnswer } from '../../store/exchange.js';
import type { Queue } from './queue.js';
import { claimOrder, type Row } from './row.js';
import type { Claim, MemoryState } from './state.js';

const ORPHAN_NAMES = 32;

export function exchange(state: MemoryState, request: ExchangeRequest): ExchangeReply {
  const now = state.clock();
  const settled = request.settle.map((item) => settleOne(state, item, now));
  const queues = (request.claim?.queues ?? []).map((name) => state.queue(name));
  const served = queues.filter((queue) => !queue.isPaused);
  const claiming = request.claim === null ? null : new Claiming(state, served, request.claim, request.worker, now);
  const jobs = claiming?.take() ?? [];
  return {
    now,
    settled,
    jobs,
    more: claiming?.isMoreLeft() ?? false,
    nextAt: nextAt(served),
    orphans: orphanNames(served),
    paused: request.claim?.queues.filter((name) => state.queue(name).isPaused) ?? [],
  };
}

function settleOne(state: MemoryState, item: Settle, now: number): SettleAnswer {
  const row = state.jobs.find(item.id);
  if (row === undefined || row.token !== item.token) return 'lost';
  if (row.state !== 'running') return 'repeated';
  const endedAt = Math.round(now - Math.max(0, item.endedAgoMs));
  // The old keys' slots are freed before a rekeyed row joins the lines of its new keys.
  state.turnstile.end(row, isRunsEnd(item.transition) ? endedAt : null, now);
  state.change(row, settle(row, item.transition, endedAt), now, item.transition.keep?.count);
  state.unhold(row, item.token);
  return 'ok';
}

function nextAt(queues: readonly Queue[]): number | null {
  let next = Infinity;
  for (const queue of queues) {
    next = Math.min(next, queue.delayed.peek()?.dueAt ?? Infinity);
    for (const lane of [queue.normal, queue.suspects]) next = Math.min(next, lane.cooling.peek()?.opensAt ?? Infinity);
  }
  return next === Infinity ? null : next;
}

function orphanNames(queues: readonly Queue[]): readonly string[] {
  const names = new Set<string>();
  for (const queue of queues) {
    if (queue.room === 0) continue;
    for (const name of queue.orphans.keys()) {
      if (names.size < ORPHAN_NAMES) names.add(name);
    }
  }
  return [...names];
}

class Claiming {
  readonly #state: MemoryState;
  readonly #queues: readonly Queue[];
  readonly #request: ClaimRequest;
  readonly #worker: string;
  readonly #now: number;
  readonly #taken: Row[] = [];
  #isCut = false;
  /** Promotions, openings and admissions that this call may still look at. */
  #budget: number;

  constructor(state: MemoryState, queues: readonly Queue[], request: ClaimRequest, worker: string, now: number) {
    this.#state = state;
    this.#queues = queues;
    this.#request = request;
    this.#worker = worker;
    this.#now = now;
    this.#budget = Math.max(256, 4 * (request.slots + request.prefetch));
  }

  take(): readonly ClaimedJob[] {
    const repeated = this.#heldAlready();
    if (repeated !== null) return repeated;
    for (const queue of this.#queues) this.#promote(queue);
    this.#takeSuspect();
    this.#takeOrphans();
    while (this.#taken.length < this.#request.slots + this.#request.prefetch) {
      const row = this.#best('normal');
      if (row === null) break;
      if (this.#admits(row)) this.#hold(row, this.#request.token);
    }
    return this.#taken.map(claimedJob);
  }

  isMoreLeft(): boolean {
    return (
      this.#isCut ||
      this.#queues.some((q) => q.room > 0 && !q.normal.isEmpty) ||
      this.#queues.some((q) => q.room > 0 && this.#request.adopt.some((name) => q.orphans.has(name)))
    );
  }

  #heldAlready(): readonly ClaimedJob[] | null {
    const { token, suspectToken } = this.#request;
    const earlier = this.#state.claims.get(token);
    const suspect = suspectToken === null ? undefined : this.#state.claims.get(suspectToken);
    if (earlier === undefined && suspect === undefined) return null;
    return [...heldRows(suspect), ...heldRows(earlier)].map(claimedJob);
  }

  #promote(queue: Queue): void {
    let left = this.#budget;
    for (;;) {
      const row = queue.delayed.peek();
      if (row === undefined || row.dueAt > this.#now) break;
      if (left === 0) {
        this.#isCut = true;
        break;
      }
      left -= 1;
      this.#state.move(row, this.#now);
    }
    for (const lane of [queue.normal, queue.suspects]) {
      if (this.#state.turnstile.openCooled(lane, this.#now, this.#budget)) this.#isCut = true;
    }
  }

  #takeSuspect(): void {
    const { suspectToken, slots } = this.#request;
    if (suspectToken === null || slots === 0) return;
    for (let row = this.#best('suspects'); row !== null; row = this.#best('suspects')) {
      if (this.#admits(row)) return this.#hold(row, suspectToken);
    }
  }

  #takeOrphans(): void {
    for (const name of this.#request.adopt) {
      for (const queue of this.#queues) {
        for (let row = queue.orphans.get(name)?.peek(); row !== undefined; row = queue.orphans.get(name)?.peek()) {
          if (this.#taken.length >= this.#request.slots || queue.room === 0) break;
          // Suspects and jobs with keys join the lines that claim them by their own rules.
          if (!row.suspect && row.keys === null) this.#hold(row, this.#request.token);
          else {
            this.#isCut = true;
            if (this.#budget-- <= 0) break;
            this.#state.move(row, this.#now);
          }
        }
      }
    }
  }

  /** The next row in the order of claim, over all queues, that this claim has a place for. */
  #best(kind: 'normal' | 'suspects'): Row | null {
    let best: Row | null = null;
    for (const queue of this.#queues) {
      if (queue.room === 0) continue;
      const ready = queue[kind].ready.peek();
      const waiting = queue[kind].open.peek()?.head;
      if (ready !== undefined && (best === null || isBefore(claimOrder, ready, best))) best = ready;
      if (waiting !== undefined && (best === null || isBefore(claimOrder, waiting, best))) best = waiting;
    }
    // Prefetch ends here: taking what stands behind, again and again, would starve this one.
    if (best !== null && this.#taken.length >= this.#request.slots && this.#needsSlot(best)) return null;
    if (best !== null && best.keys !== null && this.#budget-- <= 0) {
      this.#isCut = true;
      return null;
    }
    return best;
  }

  #needsSlot(row: Row): boolean {
    return row.keys !== null || this.#state.queue(row.queue).concurrency !== null;
  }

  /** False if another of its keys blocks it: it has joined that key's line. */
  #admits(row: Row): boolean {
    if (row.keys === null || this.#state.turnstile.blockedOn(row, this.#now) === null) return true;
    this.#state.move(row, this.#now);
    return false;
  }

  #hold(row: Row, token: string): void {
    let held = this.#state.claims.get(token);
    if (held === undefined) {
      held = {
        token,
        worker: this.#worker,
        takenAt: this.#now,
        leaseMs: this.#request.leaseMs,
        rows: [],
        held: 0,
        cancels: new Set(),
      };
      this.#state.claims.set(token, held);
    }
    this.#state.change(row, claim(row, token, this.#now), this.#now);
    this.#state.turnstile.start(row, this.#now);
    held.rows.push(row);
    held.held += 1;
    this.#taken.push(row);
  }
}

/** The rows that the claim still holds. */
export function heldRows(claim: Claim | undefined): readonly Row[] {
  return claim?.rows.filter((row) => row.token === claim.token && row.state === 'running') ?? [];
}

function claimedJob(row: Row): ClaimedJob {
  return {
    id: row.id,
    seq: row.seq,
    token: row.token as string,
    task: row.task,
    queue: row.queue,
    minReader: row.minReader,
    input: row.input,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    priority: row.priority,
    suspect: row.suspect,
    cancelRequested: row.cancelRequested,
    generation: row.generation,
    createdAt: row.createdAt,
    dueAt: row.dueAt,
    labels: row.labels,
    keys: row.keys,
    rare: row.rare,
  };
}
