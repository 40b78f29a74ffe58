import { IdempotencyConflictError } from '../core/errors.js';
import type { NewJob } from '../core/job.js';
import type { InsertAnswer } from '../store/index.js';

/**
 * The id of the job that stands, and whether this call made it.
 *
 * @throws IdempotencyConflictError if the key belongs to another input
 */
export function settleAnswer(
  answer: InsertAnswer,
  job: NewJob,
  idempotencyKey: string | undefined,
): { readonly id: string; readonly isNew: boolean } {
  if (answer.status === 'conflict') {
    throw new IdempotencyConflictError(
      idempotencyKey ?? job.id,
      answer.id,
      answer.digest ?? 'none',
      job.digest ?? 'none',
    );
  }
  // An id of our own making that stands already is our own call, repeated after its reply was lost.
  const isOwnRepeat = idempotencyKey === undefined && answer.id === job.id;
  return { id: answer.id, isNew: answer.status === 'inserted' || isOwnRepeat };
}
