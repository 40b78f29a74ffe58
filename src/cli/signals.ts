/** The first signal asks to end, the second one insists. */

import { constants } from 'node:os';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm hands a signal on to a child that the terminal has signalled already: that is one signal, not two. */
const ECHO_MS = 200;

/**
 * @param onFirst asked to end
 * @param onSecond asked to end at once, with this exit code (130 for SIGINT, 143 for SIGTERM)
 */
export function onSignals(onFirst: () => void, onSecond: (exitCode: number) => void): void {
  let firstAt: number | null = null;
  for (const name of names) {
    process.on(name, () => {
      const now = performance.now();
      if (firstAt === null) {
        firstAt = now;
        onFirst();
      } else if (now - firstAt > ECHO_MS) onSecond(128 + constants.signals[name]);
    });
  }
}

/** For a child whose parent hears them and decides. */
export function ignoreSignals(): void {
  for (const name of names) process.on(name, () => {});
}
