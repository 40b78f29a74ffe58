/**
 * Hints that another process (or another connection) committed to the file: its write-ahead log
 * changed, and `data_version` says that it was not our own doing.
 */

import type { FSWatcher } from 'node:fs';
import type { NotifyCapability } from '../../store/capabilities.js';

/**
 * After the log was written to: when to look, one look after the other, until one finds a commit. The log is written
 * before the commit is there: a sync to the disk lies between them, and no write to the log follows.
 */
const LOOKS_AFTER_MS = [5, 10, 20, 40, 80];
/** Where watching fails (network file systems, too many watchers), this is what is left. */
const POLL_MS = 250;

export interface Watch extends NotifyCapability {
  /** A commit of our own was the piece of news with this number. */
  ownNews(n: number): void;
  close(): void;
}

/** What can be asked of the file; null when it can't be asked just now. */
export interface Watched {
  /** SQLite's: it changes when another connection has committed, and not by our own commits. */
  dataVersion(): number | null;
  /** The store's own: raised by commits that others may want to act on. Were heartbeats news, processes would keep each other awake. */
  news(): number | null;
}

export function watchFile(path: string, watched: Watched): Watch {
  const listeners = new Set<() => void>();
  let last: number | null = null;
  let lastNews: number | null = null;
  let watcher: FSWatcher | null = null;
  let poll: ReturnType<typeof setInterval> | null = null;
  /** Since the last write to the log. */
  let looks = 0;
  let throttle: ReturnType<typeof setTimeout> | null = null;

  /** Whether there was something to see. */
  const look = (): boolean => {
    const version = watched.dataVersion();
    if (version === null || version === last) return false;
    last = version;
    const news = watched.news();
    if (news === lastNews) return true;
    lastNews = news;
    for (const listener of [...listeners]) listener();
    return true;
  };
  const lookAfterWrite = (): void => {
    if (throttle !== null && looks === 0) return;
    if (throttle !== null) clearTimeout(throttle);
    looks = 0;
    lookNext();
  };
  const lookNext = (): void => {
    throttle = setTimeout(() => {
      throttle = null;
      looks += 1;
      if (!look() && looks < LOOKS_AFTER_MS.length) lookNext();
    }, LOOKS_AFTER_MS[looks]);
    throttle.unref();
  };
  const start = (): void => {
    last = watched.dataVersion();
    lastNews = watched.news();
    poll = setInterval(look, POLL_MS);
    poll.unref();
    watcher = watchLog(path, lookAfterWrite);
  };
  const stop = (): void => {
    watcher?.close();
    if (poll !== null) clearInterval(poll);
    if (throttle !== null) clearTimeout(throttle);
    watcher = poll = throttle = null;
  };

  return {
    subscribe(listener) {
      // Its own function, so that one listener given twice is heard twice and unsubscribed singly.
      const own = (): void => listener();
      listeners.add(own);
      if (listeners.size === 1) start();
      return () => {
        if (listeners.delete(own) && listeners.size === 0) stop();
      };
    },
    ownNews(n) {
      // What another made before it is still to be heard of.
      if (lastNews === n - 1) lastNews = n;
    },
    close() {
      listeners.clear();
      stop();
    },
  };
}

function watchLog(path: string, changed: () => void): FSWatcher | null {
  const fs = process.getBuiltinModule('node:fs');
  const { dirname, basename } = process.getBuiltinModule('node:path');
  const log = `${basename(path)}-wal`;
  try {
    // The folder, not the file: the log is deleted and made anew.
    const watcher = fs.watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === log) changed();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
