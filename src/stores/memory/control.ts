/** Cancel, retry, suspend, resume, promote, delete. */

import { controlled, requestCancel } from '../../core/transitions.js';
import type { ControlAction, ControlAnswer, ControlReply, Selector } from '../../store/contract.js';
import { page } from './query.js';
import type { Row } from './row.js';
import type { MemoryState } from './state.js';

export function control(state: MemoryState, action: ControlAction, selector: Selector, limit: number): ControlReply {
  const now = state.clock();
  if ('ids' in selector) {
    const answers = selector.ids.map((id): ControlAnswer => {
      const row = state.jobs.find(id);
      return row === undefined ? { id, outcome: 'missing', state: null } : act(state, action, row, now);
    });
    return { answers, cursor: null };
  }
  const { rows, cursor } = page(state, selector.filter, selector.cursor, limit, limit);
  return { answers: rows.map((row) => act(state, action, row, now)), cursor };
}

function act(state: MemoryState, action: ControlAction, row: Row, now: number): ControlAnswer {
  const before = row.state;
  const answer = (outcome: ControlAnswer['outcome']): ControlAnswer => ({ id: row.id, outcome, state: before });
  if (action === 'cancel' && before === 'running') {
    if (!row.cancelRequested) row.apply(requestCancel(row));
    state.claims.get(row.token as string)?.cancels.add(row.id);
    return answer('requested');
  }
  if (action === 'delete') {
    if (before === 'running') return answer('refused');
    state.remove(row, now);
    return answer('done');
  }
  const patch = controlled(action, row, now);
  if (patch === null) return answer('refused');
  state.change(row, patch, now);
  return answer('done');
}
