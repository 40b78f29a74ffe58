/** What a server says of itself. Managed ones keep some of it to themselves: then it is unknown. */

import { StoreError } from '../../core/errors.js';
import type { Store } from '../../store/index.js';
import { type Client, listOf, textOf } from './client.js';

/** `unknown`: the server doesn't tell. `replicated`: synced at each write, but a failover may lose the newest. */
export type Persistence = 'aof-always' | 'aof-everysec' | 'aof-no' | 'aof' | 'rdb' | 'none' | 'unknown';

export interface ServerFacts {
  /** As 7.0.15; null if it doesn't tell. */
  readonly version: string | null;
  readonly persistence: Persistence;
  /** Its maxmemory-policy; null if it doesn't tell. */
  readonly eviction: string | null;
  /** 0: no limit. */
  readonly maxMemoryBytes: number;
  readonly usedMemoryBytes: number;
  /** Connected now. They are written to later than whoever enqueues is answered. */
  readonly replicas: number;
}

/** What scripts and streams need. */
const LEAST_VERSION = [6, 2] as const;

/** @throws what the connection says */
export async function serverFacts(client: Client): Promise<ServerFacts> {
  const info = infoOf(await allowed(client, 'INFO', []));
  const said = (name: string): string | null => info.get(name) ?? null;
  return {
    version: said('redis_version'),
    persistence: await persistenceOf(client, said('aof_enabled')),
    eviction: said('maxmemory_policy') ?? (await configured(client, 'maxmemory-policy')),
    maxMemoryBytes: Number(said('maxmemory') ?? 0),
    usedMemoryBytes: Number(said('used_memory') ?? 0),
    replicas: Number(said('connected_slaves') ?? 0),
  };
}

/** @throws StoreError for a server that is too old */
export function checkVersion({ version }: ServerFacts, location: string): void {
  if (version === null) return;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1])) return;
  throw new StoreError(
    'INVALID_STORE',
    `${location} is Redis ${version}; the store needs ${LEAST_VERSION.join('.')} or later, or Valkey. Update the server.`,
  );
}

/** What an acknowledged write survives. With replicas, a failover may lose the newest writes however they are synced. */
export function durabilityOf(facts: ServerFacts | null): Store['durability'] {
  if (facts?.persistence === 'none') return 'none';
  return facts?.persistence === 'aof-always' && facts.replicas === 0 ? 'durable' : 'bounded';
}

async function persistenceOf(client: Client, aofEnabled: string | null): Promise<Persistence> {
  const sync = await configured(client, 'appendfsync');
  if (aofEnabled === '1') return sync === 'always' || sync === 'everysec' || sync === 'no' ? `aof-${sync}` : 'aof';
  const save = await configured(client, 'save');
  if (save === null) return 'unknown';
  return save === '' ? 'none' : 'rdb';
}

async function configured(client: Client, name: string): Promise<string | null> {
  const reply = await allowed(client, 'CONFIG', ['GET', name]);
  // A map where the client speaks RESP3.
  if (reply !== null && typeof reply === 'object' && !Array.isArray(reply) && !Buffer.isBuffer(reply)) {
    const value = (reply as unknown as Readonly<Record<string, unknown>>)[name];
    return value === undefined ? null : String(value);
  }
  const [, value] = listOf(reply);
  return value === undefined ? null : textOf(value);
}

/** Null if the server doesn't allow the command, or doesn't have it. */
async function allowed(client: Client, name: string, args: readonly string[]): ReturnType<Client['command']> {
  try {
    return await client.command(name, args);
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR)\b/.test(error.message)) return null;
    throw error;
  }
}

function infoOf(reply: Awaited<ReturnType<Client['command']>>): ReadonlyMap<string, string> {
  const lines = reply === null ? [] : textOf(reply).split('\r\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
