/** How lines look: colours on a terminal that wants them, plain text everywhere else. */

import { relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

export type Paint = (style: keyof typeof codes, text: string) => string;

export const paint: Paint = painter(process.stdout, process.env);
const paintError: Paint = painter(process.stderr, process.env);

const ownFolderUrl: string = new URL('..', import.meta.url).href;
const ownFolder: string = fileURLToPath(ownFolderUrl);

/** A line with the time of day. */
export function say(text: string): void {
  console.log(`${paint('dim', timeOfDay())} ${text}`);
}

/** A line that asks for attention, and the error behind it. */
export function complain(what: string, error?: unknown): void {
  const detail = error === undefined ? '' : `\n${described(error)}`;
  console.error(`${paintError('dim', timeOfDay())} ${paintError('red', '✗')} ${what}${detail}`);
}

/** Relative to the current folder, unless it lies elsewhere. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short === '..' || short.startsWith(`..${sep}`) ? path : short;
}

/** `850ms`, `1.2s`, `3m20s`, `2h5m`. */
export function shownDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')}s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return seconds < 3600 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}

/** `5,123`, wherever the machine is. */
export function shownCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** The digits of an id that differ from job to job: it begins with the time and ends with the partition. */
export function shortId(id: string): string {
  return id.slice(24, 32);
}

/** Where the user's own code is highest in a stack: `tasks.ts:12`. */
export function frameOf(stack: string): string | null {
  const frames = stack
    .split('\n')
    .filter((line) => isFrame(line) && !isForeign(line) && !line.includes('node_modules'));
  const place = /([^\s(]+):(\d+):\d+\)?$/m.exec(frames.join('\n'));
  if (place === null) return null;
  const [, file, line] = place as unknown as [string, string, string];
  return `${file.startsWith('file:') ? shownPath(fileURLToPath(file)) : file}:${line}`;
}

/** With the frames of people's own code, not Node's and ours, and with paths from here. */
function described(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? String(error)) : inspect(error);
  const own = text
    .split('\n')
    .filter((line) => !(isFrame(line) && isForeign(line)))
    .join('\n')
    .replaceAll(`${pathToFileURL(process.cwd()).href}/`, '')
    .replaceAll(`${process.cwd()}${sep}`, '');
  const { cause } = error instanceof Error ? error : {};
  return cause === undefined ? own : `${own}\nCaused by: ${described(cause)}`;
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/** Of Node, of this package, or of the command line's library, which waits for us. */
function isForeign(frame: string): boolean {
  return ['node:', ownFolderUrl, ownFolder, '/node_modules/commander/'].some((part) => frame.includes(part));
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}

/**
 * For a stream: colours only on a terminal whose user hasn't set NO_COLOR, or where FORCE_COLOR asks for them: `dev`
 * does, for its child.
 */
export function painter(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR = '', FORCE_COLOR = '', TERM }: Readonly<Record<string, string | undefined>>,
): Paint {
  const isWanted = isTTY ? TERM !== 'dumb' : !['', '0', 'false'].includes(FORCE_COLOR);
  if (!isWanted || NO_COLOR !== '') return (_style, text) => text;
  return (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
}
