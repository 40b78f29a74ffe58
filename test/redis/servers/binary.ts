/** The server that is started: redis-server, or what REDIS_SERVER names. */

import { execFileSync } from 'node:child_process';
import { readyRedis } from '../../../scripts/services/redis.mjs';

export interface Binary {
  readonly path: string;
  /** As 7.0: Redis's, or Valkey's, which went on from 7.2. */
  readonly version: number;
}

/**
 * Looked for while the file of tests is loaded, where no test's time-out runs: it may have to be installed. What goes
 * wrong is said by whoever wants to start one.
 */
const usual: Binary | Error = await lookFor();

export async function binaryOf(name: string | undefined): Promise<Binary> {
  const binary = name === undefined ? usual : await lookFor(name);
  if (binary instanceof Error) throw binary;
  return binary;
}

async function lookFor(name?: string): Promise<Binary | Error> {
  try {
    const path = await readyRedis(name);
    return { path, version: versionOf(path) };
  } catch (error) {
    return error as Error;
  }
}

function versionOf(path: string): number {
  const said = execFileSync(path, ['--version'], { encoding: 'utf8' });
  const version = /\bv=(\d+\.\d+)/.exec(said)?.[1];
  if (version === undefined) throw new Error(`${path} --version says ${said.trim()}, and no version.`);
  return Number(version);
}
