/** Heartbeats, who is alive, and who leads. */

import type { LeaderCapability } from '../../store/capabilities.js';
import type { ExtendReply, ExtendRequest, WorkerPresence, WorkerRecord } from '../../store/contract.js';
import type { Session } from './session.js';
import { EXTEND_CLAIM, IS_HELD } from './sql/claims.js';
import { ALIVE_WORKERS, DELETE_WORKER, LEADER, RESIGN, WRITE_LEADER, WRITE_WORKER } from './sql/settings.js';

export function extend(session: Session, { worker, tokens, leaseMs, leaving }: ExtendRequest): ExtendReply {
  return session.write((tx) => {
    if (leaving) tx.db.run(DELETE_WORKER, [worker.id]);
    else tx.db.run(WRITE_WORKER, [worker.id, tx.now, leaseMs, JSON.stringify(worker)]);
    const lost: string[] = [];
    const cancel: string[] = [];
    for (const token of tokens) {
      const claim = tx.db.get<{ cancels: string | null }>(EXTEND_CLAIM, [tx.now, leaseMs, tx.now + leaseMs, token]);
      if (claim === undefined) lost.push(token);
      if (claim === undefined || claim.cancels === null) continue;
      // Of those that were to be cancelled, some may have been settled since.
      for (const id of JSON.parse(claim.cancels) as readonly string[]) {
        if (tx.db.get(IS_HELD, [id, token]) !== undefined) cancel.push(id);
      }
    }
    return { now: tx.now, lost, cancel, paused: tx.settings.paused(worker.queues) };
  });
}

export function workers(session: Session): readonly WorkerRecord[] {
  return session.db
    .all<{ seen_at: number; presence: string }>(ALIVE_WORKERS, [session.now()])
    .map(({ seen_at, presence }) => ({
      ...(JSON.parse(presence) as WorkerPresence),
      seenAt: seen_at,
    }));
}

interface LeaderRow {
  readonly term: number;
  readonly worker: string | null;
  readonly taken_at: number;
  readonly lease_ms: number;
}

export function leadership(attempt: <T>(run: (session: Session) => T) => Promise<T>): LeaderCapability {
  return {
    campaign: (worker, leaseMs) =>
      attempt((session) =>
        session.write((tx) => {
          const leader = tx.db.get<LeaderRow>(LEADER) as LeaderRow;
          // A clock that stepped back leaves a term no longer than its length.
          const until = Math.min(leader.taken_at, tx.now) + leader.lease_ms;
          const isOver = leader.worker === null || until <= tx.now;
          if (!isOver && leader.worker !== worker) {
            if (leader.taken_at > tx.now)
              tx.db.run(WRITE_LEADER, [leader.term, leader.worker, tx.now, leader.lease_ms]);
            return null;
          }
          const term = isOver ? leader.term + 1 : leader.term;
          tx.db.run(WRITE_LEADER, [term, worker, tx.now, leaseMs]);
          return term;
        }),
      ),
    resign: (worker, term) => attempt((session) => session.write((tx) => void tx.db.run(RESIGN, [worker, term]))),
  };
}
