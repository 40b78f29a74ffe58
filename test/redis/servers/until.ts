import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 10;
const PATIENCE_MS = 20_000;

/** Looks again and again until it is so. `what` completes "Waited in vain for …". */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const givenUpAt = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > givenUpAt) throw new Error(`Waited in vain for ${what}.`);
    await sleep(EVERY_MS);
  }
}
