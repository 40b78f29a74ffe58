/** The stores on which several processes can work: what is told of one of them is told of each. */

import { onTestFinished } from 'vitest';
import { startRedis } from '../redis/servers/index.js';
import { Machine } from './machine.js';

/** For `it.each`: the store's name, and a machine that has it. */
export const stores: readonly (readonly [name: string, machine: () => Promise<Machine>])[] = [
  ['SQLite', async () => new Machine()],
  ['Redis', machineOnRedis],
];

async function machineOnRedis(): Promise<Machine> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return new Machine(undefined, server.url);
}
