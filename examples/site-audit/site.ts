/** What is audited: a site on the web, or a folder that the example serves itself. */

import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { normaliseUrl } from './url.js';

/** Part of every job's input, so that any process that takes a job knows what to serve. */
export interface Site {
  /** What the user asked for, for people. */
  readonly name: string;
  readonly origin: string;
  /** The address that the crawl begins with. */
  readonly start: string;
  readonly folder: Folder | null;
}

export interface Folder {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Files and sub-folders whose pages are audited even if nothing links to them; empty = the whole folder. */
  readonly only: readonly string[];
  readonly port: number;
}

/** A mistake of the person at the keyboard; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The project that this example belongs to. */
const ownProject: string = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param target a URL, a folder, or null for this project's own README and docs
 * @throws UsageError if it is neither a web address nor a folder
 */
export function siteOf(target: string | null, port: number | null): Site {
  if (target === null) return folderSite(ownProject, ['README.md', 'docs'], port);
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return webSite(target);
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) return folderSite(target, [], port);
  throw new UsageError(
    `'${target}' is neither a folder nor a web address. Give a folder with HTML or Markdown, or a URL such as https://example.com/.`,
  );
}

function webSite(target: string): Site {
  if (!/^https?:\/\/[^/]/i.test(target) || !URL.canParse(target)) {
    throw new UsageError(`'${target}' can't be audited; give an address that begins with http:// or https://.`);
  }
  const start = normaliseUrl(target);
  return { name: start, origin: new URL(start).origin, start, folder: null };
}

function folderSite(path: string, only: readonly string[], port: number | null): Site {
  const real = realpathSync(path);
  const chosen = port ?? portOf(real);
  const origin = `http://127.0.0.1:${chosen}`;
  return { name: real, origin, start: `${origin}/`, folder: { path: real, only, port: chosen } };
}

/**
 * A folder has the same port each time, so that addresses stay the same after a restart and from one
 * report to the next. The range lies below the ports that Linux, macOS and Windows give out by themselves.
 */
function portOf(path: string): number {
  return 20_000 + (createHash('sha256').update(path).digest().readUInt16BE() % 10_000);
}
