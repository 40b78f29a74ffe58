/** One command over a connection of its own, as `redis-cli` does it. */

import { Redis } from 'ioredis';
import { HOST } from './ports.js';

export type Argument = string | number;

/**
 * @param timeoutMs after which no answer is an error; default: none
 * @throws what the server answers, or that it can't be reached; nothing is tried again.
 */
export async function command(
  port: number,
  [name, ...args]: readonly [string, ...Argument[]],
  timeoutMs?: number,
): Promise<unknown> {
  const client = new Redis(port, HOST, {
    lazyConnect: true,
    // A server that loads, or stands still, shall say so.
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
  });
  let cause: unknown;
  client.on('error', (error) => {
    cause = error;
  });
  try {
    await client.connect();
    return await client.call(name, ...args);
  } catch (error) {
    throw cause ?? error;
  } finally {
    client.disconnect();
  }
}

/** What INFO says, by its names. */
export async function info(
  port: number,
  section = 'default',
  timeoutMs?: number,
): Promise<Readonly<Record<string, string>>> {
  const text = String(await command(port, ['INFO', section], timeoutMs));
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
