import type { NewJob } from '../../core/job.js';
import type { InsertAnswer } from '../../store/contract.js';
import { type MemoryState, uniqueName } from './state.js';

export function insert(state: MemoryState, job: NewJob, now: number): InsertAnswer {
  const twin = state.jobs.find(job.id);
  if (twin !== undefined) {
    const isConflict = twin.digest !== job.digest;
    return { status: isConflict ? 'conflict' : 'existing', id: twin.id, digest: isConflict ? twin.digest : null };
  }
  const holder = job.unique === null ? undefined : state.uniques.get(uniqueName(job.queue, job.unique.key));
  if (holder !== undefined) {
    const isReplaceable = job.unique?.onConflict === 'replace' && holder.state !== 'running';
    // It keeps its id and its attempts.
    if (isReplaceable) state.replace(holder, state.row(job, holder.seq, now), now);
    return { status: isReplaceable ? 'replaced' : 'existing', id: holder.id, digest: null };
  }
  state.add(state.row(job, state.nextSeq(), now), now);
  return { status: 'inserted', id: job.id, digest: null };
}
