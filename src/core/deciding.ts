/** Which error says what becomes of a run. */

import { TaskchainError } from './errors.js';

/** A chain wraps what its member threw, to name the member; what the member threw decides all the same. */
export function decidingError(thrown: unknown): unknown {
  let error = thrown;
  while (error instanceof TaskchainError) error = error.cause;
  return error;
}
