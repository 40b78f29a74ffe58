/**
 * The child of `taskspan dev`: one life of FILE. It obeys its parent, and ends when it has lost it.
 *
 * ```
 *   parent ── settings ─► child        parent ◄─ file (each that is loaded) ── child
 *   parent ── stop ─────► child        parent ◄─ not-loaded ────────────────── child
 *                                      parent ◄─ state (what it does, on a terminal) ── child
 * ```
 */

import type { LiveState } from './live/state.js';
import { StateSender } from './live/state-sender.js';
import { run } from './run.js';
import type { Settings } from './settings.js';
import { ignoreSignals } from './signals.js';
import { type FileState, stateOf } from './watch.js';

export type ToChild = { readonly settings: Settings; readonly isLive: boolean } | 'stop';
export type FromChild =
  | { readonly file: string; readonly state: FileState }
  | { readonly live: LiveState }
  | 'not-loaded';

const stop = new AbortController();
// A terminal signals the whole group.
ignoreSignals();
process.on('disconnect', () => stop.abort());
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop.abort());
process.on('message', (message: ToChild) => {
  if (message === 'stop') stop.abort();
  else void live(message);
});

async function live({ settings, isLive }: Exclude<ToChild, 'stop'>): Promise<void> {
  // The state is taken before the file is read, so that the parent can tell whether it changed since.
  const onFile = (file: string): void => void tell({ file, state: stateOf(file) });
  const sender = isLive ? new StateSender((state) => void tell({ live: state })) : null;
  const { exitCode, isNotLoaded } = await run({ settings, stop: stop.signal, onFile, live: sender });
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
