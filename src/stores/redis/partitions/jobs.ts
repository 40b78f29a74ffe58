/** The verbs about jobs: each goes to the partition that the job's id names. */

import { OptionError } from '../../../core/errors.js';
import type { JobRecord, NewJob } from '../../../core/job.js';
import type { ControlAnswer, InsertAnswer, Settle, Store } from '../../../store/index.js';
import type { Exchanging } from './exchanging.js';
import type { Homes } from './homes.js';
import { controlMatching, count, list } from './looking.js';
import { askAll, NOWHERE, type Routing } from './routing.js';

export interface JobParts {
  readonly parts: readonly Store[];
  readonly routing: Routing;
  readonly homes: Homes;
  readonly exchanging: Exchanging;
  /** @throws ClosedError also where there is nobody to ask */
  checkOpen(): void;
}

type JobVerbs = Pick<Store, 'insert' | 'exchange' | 'update' | 'control' | 'get' | 'list' | 'count' | 'inspect'>;

export function jobVerbs({ parts, routing, homes, exchanging, checkOpen }: JobParts): JobVerbs {
  const at = (partition: number): Store => parts[partition] as Store;
  const ofJob = ({ id }: { readonly id: string }): number => routing.ofJob(id);
  const ofId = (id: string): number => routing.ofJob(id);
  return {
    async insert(jobs) {
      checkOpen();
      for (const job of jobs) checkPlace(routing, job);
      await admitAll(homes, jobs);
      const missing = ({ id }: NewJob): InsertAnswer => ({ status: 'inserted', id, digest: null });
      return askAll(jobs, ofJob, insertAt, missing);
    },
    async exchange(request) {
      for (const settle of request.settle) if (hasKeys(settle)) await admitSettle(at(ofJob(settle)), homes, settle);
      return exchanging.exchange(request);
    },
    async update(changes) {
      checkOpen();
      return askAll(
        changes,
        ofJob,
        (partition, some) => at(partition).update(some),
        () => 'lost',
      );
    },
    async control(action, selector, limit) {
      checkOpen();
      if (!('ids' in selector)) return controlMatching(parts, routing, action, selector, limit);
      const controlAt = async (partition: number, ids: readonly string[]): Promise<readonly ControlAnswer[]> =>
        (await at(partition).control(action, { ids }, limit)).answers;
      const missing = (id: string): ControlAnswer => ({ id, outcome: 'missing', state: null });
      return { answers: await askAll(selector.ids, ofId, controlAt, missing), cursor: null };
    },
    async get(ids) {
      checkOpen();
      const missing = (): JobRecord | null => null;
      return askAll(ids, ofId, (partition, some) => at(partition).get(some), missing);
    },
    list: (filter, cursor, limit) => list(parts, routing, filter, cursor, limit),
    count: (filter) => count(parts, routing, filter),
    async inspect(id) {
      checkOpen();
      return ofId(id) === NOWHERE ? null : at(ofId(id)).inspect(id);
    },
  };

  async function insertAt(partition: number, jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]> {
    const answers = await at(partition).insert(jobs);
    exchanging.hint(partition);
    return answers;
  }
}

/** @throws OptionError for a job that would never be found */
function checkPlace(routing: Routing, { id, queue }: NewJob): void {
  const place = routing.ofQueue(queue);
  if (routing.ofJob(id) === place) return;
  throw new OptionError(
    `The id of job ${id} doesn't name partition ${place}, in which its queue '${queue}' lives. Make its id for the partition that the store's \`partitions.of(queue)\` answers.`,
  );
}

/** Most are of groups that are known. */
async function admitAll(homes: Homes, jobs: readonly NewJob[]): Promise<void> {
  for (const { queue, keys } of jobs) {
    const asked = keys === null ? null : homes.admit(queue, keys);
    if (asked !== null) await asked;
  }
}

function hasKeys({ transition: { keys } }: Settle): boolean {
  return keys !== null && keys.length > 0;
}

/** A worker that knows a group which the producer lacked has asked before, so this asks nobody. */
async function admitSettle(part: Store | undefined, homes: Homes, { id, transition }: Settle): Promise<void> {
  const keys = transition.keys ?? [];
  if (part === undefined || homes.knows(id, keys)) return;
  const [job] = await part.get([id]);
  if (job != null) await homes.admit(job.queue, keys);
}
