/** Cancel, retry, suspend, resume, promote, delete. */

import { controlled, requestCancel } from '../../core/transitions.js';
import type { ControlAction, ControlAnswer, ControlReply, Selector } from '../../store/contract.js';
import { findJobs } from './find.js';
import { RUNNING, type StoredJob, stateOf, storedJob } from './rows.js';
import type { Session } from './session.js';
import { CLAIM_BY_TOKEN, WRITE_CANCELS } from './sql/claims.js';
import type { Tx } from './tx.js';

export function control(session: Session, action: ControlAction, selector: Selector, limit: number): ControlReply {
  return session.write((tx) => {
    if ('ids' in selector) {
      const answers = selector.ids.map((id): ControlAnswer => {
        const job = tx.byId(id, 'without input');
        return job === null ? { id, outcome: 'missing', state: null } : act(tx, action, job);
      });
      return { answers, cursor: null };
    }
    const { rows, cursor } = findJobs(tx.db, selector.filter, selector.cursor, {
      limit,
      lookedAt: limit,
      input: 'without',
    });
    return { answers: rows.map((row) => act(tx, action, storedJob(row))), cursor };
  });
}

function act(tx: Tx, action: ControlAction, job: StoredJob): ControlAnswer {
  const { id } = job.record;
  const state = stateOf(job.place);
  if (action === 'cancel' && job.place === RUNNING) {
    requestCancelOf(tx, job);
    return { id, outcome: 'requested', state };
  }
  if (action === 'delete') {
    if (job.place === RUNNING) return { id, outcome: 'refused', state };
    tx.remove(job);
    return { id, outcome: 'done', state };
  }
  const patch = controlled(action, job.record, tx.now);
  if (patch === null) return { id, outcome: 'refused', state };
  tx.change(job, patch);
  return { id, outcome: 'done', state };
}

function requestCancelOf(tx: Tx, job: StoredJob): void {
  const token = job.record.token as string;
  if (job.record.cancelRequested) return;
  tx.change(job, requestCancel(job.record));
  const claim = tx.db.get<{ cancels: string | null }>(CLAIM_BY_TOKEN, [token]);
  const earlier = claim?.cancels == null ? [] : (JSON.parse(claim.cancels) as readonly string[]);
  tx.db.run(WRITE_CANCELS, [JSON.stringify([...earlier, job.record.id]), token]);
}
