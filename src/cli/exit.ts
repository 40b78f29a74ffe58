/** Exit codes, and how what went wrong is told. */

import { TaskspanError } from '../core/errors.js';
import { UsageError } from './settings.js';

/** The thing asked for failed, wasn't there, or a problem was found. */
export const FAILED = 1;
/** It was called wrongly; nothing was done. */
const MISUSE = 2;

/** Runs a command to its exit code; says on stderr what it throws, in a line where it is no fault of ours. */
export async function exitCodeOf(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    console.error(`taskspan: ${told(error)}`);
    const isMisuse = error instanceof UsageError || (error instanceof TaskspanError && error.code === 'INVALID_OPTION');
    return isMisuse ? MISUSE : FAILED;
  }
}

function told(error: unknown): string {
  if (error instanceof UsageError || error instanceof TaskspanError) return error.message;
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
