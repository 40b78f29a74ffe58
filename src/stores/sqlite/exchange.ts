/** The hot path: settle, promote and claim in one transaction; or, with nothing to do, a look that locks nobody out. */

import type { ClaimRequest, ExchangeReply, ExchangeRequest, SettleAnswer } from '../../store/exchange.js';
import { Claiming } from './claim.js';
import { PARKED, PARKED_SUSPECT, READY, SUSPECT } from './rows.js';
import { hasMore, nextInstant, orphanNames, type ServedQueue, servedQueues } from './served.js';
import type { Session } from './session.js';
import { settleAll } from './settle.js';
import { CLAIM_BY_TOKEN } from './sql/claims.js';
import type { Tx } from './tx.js';

export function exchange(session: Session, request: ExchangeRequest): ExchangeReply {
  const { settle, claim, worker } = request;
  if (claim === null) {
    if (settle.length === 0) return nothing(session.now(), []);
    return session.write((tx) => nothing(tx.now, settleAll(tx, settle)));
  }
  // Processes on one file wake each other; the one that finds nothing must not queue for the write lock.
  const idle = settle.length > 0 || claim.isWorkKnown ? null : session.read((tx) => lookForWork(tx, claim));
  return idle ?? session.write((tx) => settleAndClaim(tx, request, claim, worker));
}

function nothing(now: number, settled: readonly SettleAnswer[]): ExchangeReply {
  return { now, settled, jobs: [], more: false, nextAt: null, orphans: [], paused: [] };
}

function settleAndClaim(tx: Tx, request: ExchangeRequest, claim: ClaimRequest, worker: string): ExchangeReply {
  const settled = settleAll(tx, request.settle);
  const queues = servedQueues(tx, claim.queues);
  const claiming = new Claiming(tx, queues, claim, worker);
  const jobs = claiming.take();
  return {
    now: tx.now,
    settled,
    jobs,
    more: claiming.isCut || hasMore(queues, claim.adopt),
    nextAt: nextInstant(queues),
    orphans: orphanNames(queues),
    paused: tx.settings.paused(claim.queues),
  };
}

/** The reply of an exchange that would write nothing; null if it would. */
function lookForWork(tx: Tx, claim: ClaimRequest): ExchangeReply | null {
  const queues = servedQueues(tx, claim.queues);
  if (isRepeated(tx, claim) || queues.some((queue) => hasWork(tx, queue, claim))) return null;
  return {
    now: tx.now,
    settled: [],
    jobs: [],
    more: hasMore(queues, claim.adopt),
    nextAt: nextInstant(queues),
    orphans: orphanNames(queues),
    paused: tx.settings.paused(claim.queues),
  };
}

function isRepeated(tx: Tx, { token, suspectToken }: ClaimRequest): boolean {
  return [token, suspectToken].some((t) => t !== null && tx.db.get(CLAIM_BY_TOKEN, [t]) !== undefined);
}

function hasWork(tx: Tx, queue: ServedQueue, claim: ClaimRequest): boolean {
  if ((queue.nextDue() ?? Infinity) <= tx.now) return true;
  if ((queue.nextOpening() ?? Infinity) <= tx.now) return true;
  if (queue.room === 0) return false;
  const places = queue.concurrency === null ? claim.slots + claim.prefetch : claim.slots;
  if (places > 0 && queue.count(READY) > 0) return true;
  if (claim.slots === 0) return false;
  if (claim.suspectToken !== null && (queue.count(SUSPECT) > 0 || queue.bestLine(PARKED_SUSPECT) !== null)) return true;
  return queue.bestLine(PARKED) !== null || claim.adopt.some((name) => queue.orphans(name, 1).length > 0);
}
