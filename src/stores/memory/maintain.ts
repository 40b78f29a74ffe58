/** Chores: rescue, prune, forget. */

import { MIN_KEEP_MS } from '../../core/job.js';
import { expire } from '../../core/transitions.js';
import type {
  ExtendReply,
  ExtendRequest,
  MaintainReply,
  MaintainRequest,
  ProgressChange,
} from '../../store/contract.js';
import { heldRows } from './exchange.js';
import type { Claim, MemoryState } from './state.js';

/** A worker that wasn't seen for this many leases is forgotten. */
const FORGOTTEN_AFTER_LEASES = 10;

export function maintain(state: MemoryState, { term, limit }: MaintainRequest): MaintainReply {
  const now = state.clock();
  if (term !== null && term < state.term)
    return { refused: true, now, rescued: 0, pruned: 0, more: false, nextAt: null };
  if (term !== null) state.term = term;
  const rescued = rescue(state, now, limit);
  const pruned = pruneByAge(state, now, limit) + pruneByCount(state, now, limit);
  for (const worker of state.workers.values()) {
    if (worker.seenAt + FORGOTTEN_AFTER_LEASES * worker.leaseMs < now) state.workers.delete(worker.id);
  }
  state.turnstile.sweep(now, limit);
  return { refused: false, now, rescued, pruned, more: rescued >= limit || pruned >= limit, nextAt: nextChore(state) };
}

function rescue(state: MemoryState, now: number, limit: number): number {
  let rescued = 0;
  for (const claim of state.claims.values()) {
    // A clock that stepped back would leave this lease reaching further ahead than its length.
    if (claim.takenAt > now) claim.takenAt = now;
    if (claim.takenAt + claim.leaseMs > now) continue;
    for (const row of heldRows(claim)) {
      if (rescued >= limit) return rescued;
      state.turnstile.end(row, now, now);
      state.change(row, expire(row, now), now);
      state.unhold(row, claim.token);
      rescued += 1;
    }
  }
  return rescued;
}

function pruneByAge(state: MemoryState, now: number, limit: number): number {
  let pruned = 0;
  for (let row = state.prunable.peek(); row !== undefined && pruned < limit; row = state.prunable.peek()) {
    if ((row.pruneAt as number) > now) break;
    state.remove(row, now);
    pruned += 1;
  }
  return pruned;
}

function pruneByCount(state: MemoryState, now: number, limit: number): number {
  let pruned = 0;
  for (const [task, counted] of state.countedEnds) {
    // A redriven job that ended again stands at its newest end only.
    const each = [...new Set(counted.rows.toReversed())].reverse();
    const ends = each.filter((row) => !row.isGone && row.endedAt !== null);
    const surplus = ends.length - counted.keepCount;
    const leaving = ends.slice(0, Math.max(0, surplus)).filter((row) => (row.endedAt as number) + MIN_KEEP_MS <= now);
    for (const row of leaving.slice(0, limit - pruned)) {
      state.remove(row, now);
      pruned += 1;
    }
    const left = ends.filter((row) => !row.isGone);
    if (left.length === 0) state.countedEnds.delete(task);
    else counted.rows = left;
  }
  return pruned;
}

function nextChore(state: MemoryState): number | null {
  let next = state.schedules.nextAt;
  for (const claim of state.claims.values()) next = Math.min(next, claim.takenAt + claim.leaseMs);
  return next === Infinity ? null : next;
}

export function extend(state: MemoryState, request: ExtendRequest): ExtendReply {
  const now = state.clock();
  const { worker, leaseMs, leaving } = request;
  if (leaving) state.workers.delete(worker.id);
  else state.workers.set(worker.id, { ...worker, seenAt: now, leaseMs });
  const held: Claim[] = [];
  const lost: string[] = [];
  for (const token of request.tokens) {
    const claim = state.claims.get(token);
    if (claim === undefined) lost.push(token);
    else held.push(claim);
  }
  for (const claim of held) {
    claim.takenAt = now;
    claim.leaseMs = leaseMs;
  }
  return {
    now,
    lost,
    cancel: held.flatMap((claim) => [...claim.cancels]),
    paused: worker.queues.filter((name) => state.queue(name).isPaused),
  };
}

export function update(state: MemoryState, { id, token, progress }: ProgressChange): 'ok' | 'lost' {
  const row = state.jobs.find(id);
  if (row === undefined || row.state !== 'running' || row.token !== token) return 'lost';
  row.report(progress);
  return 'ok';
}
