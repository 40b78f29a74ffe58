/** Ports that nothing listens on. */

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const HOST = '127.0.0.1';

/** Below those that the kernel gives to connections: a server that was killed finds its port free again. */
const FIRST = 10_000;
const LAST = 19_999;

/** What a cluster's node adds to its port for its bus. */
const BUS = 10_000;

/** Between this and its use somebody else may take it: who listens tries again with another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if ((await isFree(port)) && (await isFree(port + BUS))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
