/** What is in use after garbage collection; wants `--expose-gc`. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function usedBytes() {
  // What has just ended may be held by a turn that is not over yet.
  await sleep(10);
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
