/** Watches files by their folders, so that a file that an editor replaces, or that isn't there yet, is seen too. */

import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Differs whenever the file was written; null if there is none. */
export type FileState = string | null;

/** An editor may write a file in several steps. */
const QUIET_MS = 50;

export function stateOf(path: string): FileState {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}

export class Watch {
  readonly #files: Map<string, FileState> = new Map();
  readonly #folders: Map<string, FSWatcher> = new Map();
  readonly #onTrouble: (folder: string, error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #changed: string | null = null;
  #tell: ((path: string) => void) | null = null;

  constructor(onTrouble: (folder: string, error: Error) => void) {
    this.#onTrouble = onTrouble;
  }

  /** @param state as it was when it was read; what differs by now has changed */
  add(path: string, state: FileState): void {
    this.#files.set(path, state);
    this.#watchFolder(dirname(path));
    this.#lookSoon();
  }

  /** What has changed so far is no news any more. */
  forget(): void {
    this.#changed = null;
  }

  /** Resolves with a file that changed since `forget`. */
  changed(): Promise<string> {
    return new Promise((resolve) => {
      if (this.#changed === null) this.#tell = resolve;
      else resolve(this.#changed);
    });
  }

  /** The folder, or what there is of its path: then its making is seen. */
  #watchFolder(wanted: string): void {
    const folder = existsSync(wanted) ? wanted : dirname(wanted);
    if (folder !== wanted) return this.#watchFolder(folder);
    if (this.#folders.has(folder)) return;
    try {
      const watcher = watch(folder, () => this.#lookSoon());
      watcher.on('error', () => this.#lookSoon());
      this.#folders.set(folder, watcher);
    } catch (error) {
      this.#onTrouble(folder, error as Error);
    }
  }

  #lookSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), QUIET_MS);
  }

  #look(): void {
    for (const [folder, watcher] of this.#folders) {
      if (existsSync(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const [path, before] of this.#files) {
      this.#watchFolder(dirname(path));
      const state = stateOf(path);
      if (state === before) continue;
      this.#files.set(path, state);
      this.#changed = path;
    }
    if (this.#changed === null) return;
    this.#tell?.(this.#changed);
    this.#tell = null;
  }
}
