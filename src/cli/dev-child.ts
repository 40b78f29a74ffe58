/**
 * The child of `taskspan dev`: one life of FILE. It obeys its parent, and ends when it has lost it.
 *
 * ```
 *   parent ── settings ─► child        parent ◄─ file (each that is loaded) ── child
 *   parent ── stop ─────► child        parent ◄─ not-loaded ────────────────── child
 * ```
 */

import { run } from './run.js';
import type { Settings } from './settings.js';
import { ignoreSignals } from './signals.js';
import { type FileState, stateOf } from './watch.js';

export type ToChild = { readonly settings: Settings } | 'stop';
export type FromChild = { readonly file: string; readonly state: FileState } | 'not-loaded';

const stop = new AbortController();
// A terminal signals the whole group.
ignoreSignals();
process.on('disconnect', () => stop.abort());
process.stdout.on('error', () => stop.abort());
process.on('message', (message: ToChild) => {
  if (message === 'stop') stop.abort();
  else void live(message.settings);
});

async function live(settings: Settings): Promise<void> {
  // The state is taken before the file is read, so that the parent can tell whether it changed since.
  const onFile = (file: string): void => void tell({ file, state: stateOf(file) });
  const { exitCode, isNotLoaded } = await run({ settings, stop: stop.signal, onFile });
  if (isNotLoaded) await tell('not-loaded');
  process.exit(exitCode);
}

/** Resolves when it is on its way, or can't be. */
function tell(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send?.(message, undefined, undefined, () => resolve());
  });
}
