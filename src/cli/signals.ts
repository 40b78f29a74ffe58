/** The first signal asks to end, the second one insists. */

import { constants } from 'node:os';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm hands a signal on to a child that the terminal has signalled already: that is one signal, not two. */
const ECHO_MS = 200;

/**
 * @param onFirst asked to end; the exit code is that of a process that ends by it (130 for SIGINT, 143 for SIGTERM)
 * @param onSecond asked to end at once, with this exit code
 */
export function onSignals(onFirst: (exitCode: number) => void, onSecond: (exitCode: number) => void): void {
  let firstAt: number | null = null;
  for (const name of names) {
    process.on(name, () => {
      const now = performance.now();
      const exitCode = 128 + constants.signals[name];
      if (firstAt === null) {
        firstAt = now;
        onFirst(exitCode);
      } else if (now - firstAt > ECHO_MS) onSecond(exitCode);
    });
  }
}

/** For a child whose parent hears them and decides. */
export function ignoreSignals(): void {
  for (const name of names) process.on(name, () => {});
}
