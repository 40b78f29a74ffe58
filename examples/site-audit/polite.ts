/** Asks on behalf of a job, and tells the job's manager what to do when there is no sound answer. */

import { RetryAfterError, SnoozeError } from 'taskspan';
import { BusyError } from './request.js';
import { PortTakenError, serveFolder } from './serve.js';
import type { Site } from './site.js';

/**
 * A server that names a time is asked again then; all other trouble is thrown as it is, and the task's
 * retry says when. A page that doesn't exist is an answer, not trouble.
 */
export async function politely<T>(site: Site, ask: () => Promise<T>): Promise<T> {
  try {
    if (site.folder !== null) await serveFolder(site.folder);
    return await ask();
  } catch (error) {
    // Nothing can be asked while another program answers under the folder's address. That costs no attempt.
    if (error instanceof PortTakenError) throw new SnoozeError(5_000);
    if (error instanceof BusyError && error.retryAfterMs !== null)
      throw new RetryAfterError(error.message, error.retryAfterMs, { cause: error });
    throw error;
  }
}
