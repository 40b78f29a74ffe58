/** What a command prints: its answer on stdout, what is said about it on stderr. */

import { type Paint, painter } from '../terminal.js';
import { jsonable } from './json.js';

export interface Output {
  readonly isJson: boolean;
  /** A person reads stdout as it comes. */
  readonly isTerminal: boolean;
  /** In cells; Infinity where nobody reads it as it comes. */
  readonly width: number;
  readonly isColoured: boolean;
  readonly paint: Paint;
  /** Lines of the answer. Resolves when they are on their way, so that what is long waits for who reads it. */
  lines(lines: readonly string[]): Promise<void>;
  /** A document. */
  json(value: unknown): Promise<void>;
  /** Beside the answer. */
  note(text: string): void;
}

const NARROWEST = 40;
const USUAL = 80;

export function output(isJson: boolean): Output {
  const { stdout, stderr, env } = process;
  // Whoever reads has gone, as `head` does: that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const isTerminal = stdout.isTTY === true;
  const paint = painter(stdout, env);
  const dim = painter(stderr, env);
  const write = (text: string): Promise<void> => new Promise((resolve) => stdout.write(text, () => resolve()));
  return {
    isJson,
    isTerminal,
    // A terminal that doesn't know says 0.
    width: isTerminal ? Math.max(NARROWEST, stdout.columns || USUAL) : Number.POSITIVE_INFINITY,
    isColoured: paint('dim', '-') !== '-',
    paint,
    lines: (lines) => (lines.length === 0 ? Promise.resolve() : write(`${lines.join('\n')}\n`)),
    json: (value) => write(`${JSON.stringify(jsonable(value), null, 2)}\n`),
    note: (text) => console.error(dim('dim', text)),
  };
}
