/** Whether many jobs may be changed at once. */

import { createInterface } from 'node:readline/promises';
import { UsageError } from './settings.js';

/** On a terminal, more than this many are asked for. */
const FEW = 10;
const INTERRUPTED = 130;

export interface Asked {
  /** What would be done, as a question: `Cancel 1,204 jobs?` */
  readonly question: string;
  readonly jobs: number;
  readonly isYes: boolean;
}

/**
 * On a terminal, asks before many are changed. Elsewhere, where nobody can be asked, `--yes` must have been given,
 * however few there are: a script should not work by day and fail by night.
 *
 * @throws UsageError
 */
export async function isConfirmed({ question, jobs, isYes }: Asked): Promise<boolean> {
  if (isYes) return true;
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY)
    throw new UsageError(`changing jobs by a filter needs --yes where nobody can be asked. Try --dry-run first.`);
  if (jobs <= FEW) return true;
  const terminal = createInterface({ input: stdin, output: stderr });
  terminal.once('SIGINT', () => process.exit(INTERRUPTED));
  // An end of input is no yes.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
