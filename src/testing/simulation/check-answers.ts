/** What a store answers, held against the records before and after the call. */

import type { JobRecord, NewJob } from '../../core/job.js';
import type {
  ExchangeReply,
  ExchangeRequest,
  ExtendReply,
  ExtendRequest,
  InsertAnswer,
  Settle,
  SettleAnswer,
} from '../../store/index.js';
import { InvariantError } from './invariant-error.js';

export type Records = ReadonlyMap<string, JobRecord>;

/** Settles are judged by the holder's token alone, and each is carried out once. */
export class SettleCheck {
  /** Settles that were taken, ever. */
  readonly #taken: Set<string> = new Set();

  check(request: ExchangeRequest, reply: ExchangeReply, before: Records, after: Records): void {
    const settledNow = new Set<string>();
    request.settle.forEach((settle, i) => {
      const answer = reply.settled[i] as SettleAnswer;
      const { id, token } = settle;
      const record = before.get(id);
      const isHolder = record?.token === token;
      const isOpen = record?.state === 'running' && !settledNow.has(id);
      const right = isHolder ? (isOpen ? 'ok' : 'repeated') : 'lost';
      if (answer !== right) throw new InvariantError(3, `the settle of job ${id} is answered ${answer}, not ${right}.`);
      const name = `${id} ${token}`;
      if (answer === 'repeated' && !settledNow.has(id) && !this.#taken.has(name))
        throw new InvariantError(3, `the settle of job ${id} is answered repeated, and was never taken.`);
      if (answer !== 'ok') return;
      this.#taken.add(name);
      settledNow.add(id);
      checkSettled(settle, record as JobRecord, after.get(id), reply.now);
    });
  }
}

/** What was settled is what its holder said, unless it was claimed again in the same call. */
function checkSettled(settle: Settle, from: JobRecord, to: JobRecord | undefined, now: number): void {
  if (to === undefined || to.state === 'running') return;
  const { transition, endedAgoMs } = settle;
  const isCancelled = transition.to === 'pending' && from.cancelRequested;
  const right = isCancelled ? 'cancelled' : transition.to;
  if (to.state !== right) throw new InvariantError(1, `job ${to.id} was settled as ${right}, and is ${to.state}.`);
  const attempt = from.attempt - (transition.refund ? 1 : 0);
  if (to.attempt !== attempt)
    throw new InvariantError(7, `job ${to.id} is at attempt ${to.attempt} after its settle, not ${attempt}.`);
  const isDelayed = to.state === 'pending' && (!transition.refund || transition.reason === 'snoozed');
  const dueAt = now - Math.max(0, endedAgoMs) + transition.delayMs;
  if (isDelayed && to.dueAt < dueAt - 1)
    throw new InvariantError(5, `job ${to.id} is due ${dueAt - to.dueAt} ms before its backoff is over.`);
}

/** A claim answers all that it holds, suspects each alone, and not more than was asked for. */
export function checkClaim({ claim }: ExchangeRequest, { jobs }: ExchangeReply, after: Records): void {
  if (claim === null) return;
  if (claim.slots < 0 || claim.prefetch < 0)
    throw new InvariantError(2, `a claim asks for ${claim.slots} jobs to start, and ${claim.prefetch} beyond.`);
  const told = new Set(jobs.map(({ id }) => id));
  if (told.size > claim.slots + claim.prefetch)
    throw new InvariantError(2, `${told.size} jobs were claimed for ${claim.slots + claim.prefetch} places.`);
  for (const { id, token, suspect } of jobs) {
    const record = after.get(id);
    if (record?.state !== 'running' || record.token !== token)
      throw new InvariantError(2, `job ${id} was answered as claimed, and its claim doesn't hold it.`);
    if (token !== (suspect ? claim.suspectToken : claim.token))
      throw new InvariantError(7, `job ${id} was claimed under the wrong token for ${suspect ? 'a' : 'no'} suspect.`);
  }
  if (jobs.filter(({ suspect }) => suspect).length > 1)
    throw new InvariantError(7, 'one call claimed several suspects; each must run alone.');
  for (const { id, state, token } of after.values()) {
    if (state === 'running' && token === claim.token && !told.has(id))
      throw new InvariantError(11, `job ${id} is held by a claim whose worker was not told of it.`);
  }
}

/** A heartbeat hears which of its claims are gone, and of no other. */
export function checkExtend({ tokens }: ExtendRequest, { lost }: ExtendReply, before: Records): void {
  const held = new Set<string | null>();
  for (const { state, token } of before.values()) if (state === 'running') held.add(token);
  for (const token of tokens) {
    if (held.has(token) === lost.includes(token))
      throw new InvariantError(
        2,
        `claim ${token} is ${held.has(token) ? 'held, and told as lost' : 'gone, and renewed'}.`,
      );
  }
}

/** One job per id and per unique key; what is told is what is there. */
export function checkInsert(
  jobs: readonly NewJob[],
  answers: readonly InsertAnswer[],
  before: Records,
  after: Records,
): void {
  const records = new Map<string, Pick<JobRecord, 'id' | 'digest' | 'queue' | 'unique' | 'state'>>(before);
  jobs.forEach((job, i) => {
    const twin = records.get(job.id);
    const holder = [...records.values()].find(
      ({ queue, unique }) => job.unique !== null && queue === job.queue && unique?.key === job.unique.key,
    );
    const right = rightAnswer(job, twin, holder);
    const { status, id } = answers[i] as InsertAnswer;
    const of = twin ?? holder ?? job;
    if (status !== right || id !== of.id)
      throw new InvariantError(10, `the insert of job ${job.id} is answered ${status} ${id}, not ${right} ${of.id}.`);
    if (status === 'inserted') records.set(id, { ...job, state: 'pending' });
    if (!after.has(id))
      throw new InvariantError(1, `the insert of job ${id} is answered ${status}, and it is not there.`);
  });
}

function rightAnswer(
  job: NewJob,
  twin: Pick<JobRecord, 'digest'> | undefined,
  holder: Pick<JobRecord, 'state'> | undefined,
): InsertAnswer['status'] {
  if (twin !== undefined) return twin.digest === job.digest ? 'existing' : 'conflict';
  if (holder === undefined) return 'inserted';
  return job.unique?.onConflict === 'replace' && holder.state !== 'running' ? 'replaced' : 'existing';
}
