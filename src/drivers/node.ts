/** Store URLs on Node. */

import { OptionError } from '../core/errors.js';
import { nearest } from '../core/options.js';
import type { Store } from '../store/index.js';
import { memory } from '../stores/memory/index.js';
import { redis } from '../stores/redis/index.js';
import { sqlite } from '../stores/sqlite/index.js';

/**
 * `memory:`; `sqlite:PATH[?synchronous=normal]`, `sqlite::memory:` for one without a file;
 * `redis://[user:password@]host[:port][/db][?namespace=acme&partitions=4&place=emails:2]`, `rediss://` with TLS.
 *
 * @throws OptionError for another scheme, or an unknown parameter
 */
export function openStore(url: string): Store {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? url;
  if (scheme === 'memory') return memory();
  if (scheme === 'sqlite') return sqliteStore(url.slice('sqlite:'.length));
  if (scheme === 'redis' || scheme === 'rediss') return redisStore(url);
  const near = nearest(scheme, ['memory', 'sqlite', 'redis']);
  throw new OptionError(
    `Store URL '${withoutPassword(url)}' is of no known kind. ${near === null ? 'Known: memory:, sqlite:PATH, redis://host:6379.' : `Did you mean '${near}:'?`}`,
  );
}

function sqliteStore(rest: string): Store {
  const mark = rest.indexOf('?');
  const path = (mark < 0 ? rest : rest.slice(0, mark)).replace(/^\/\/(?=\/)/, '');
  if (path === '') throw new OptionError("Store URL 'sqlite:' names no file; write sqlite:./tasks.db.");
  const parameters = new URLSearchParams(mark < 0 ? '' : rest.slice(mark + 1));
  for (const name of parameters.keys()) {
    if (name !== 'synchronous') throw new OptionError(`A sqlite: URL has no parameter '${name}'. Known: synchronous.`);
  }
  const synchronous = parameters.get('synchronous') ?? 'full';
  if (synchronous !== 'full' && synchronous !== 'normal') {
    throw new OptionError(`synchronous=${synchronous} is not known; it is full (default) or normal.`);
  }
  return sqlite({ path, synchronous });
}

const redisParameters: readonly string[] = ['namespace', 'partitions', 'place'];

function redisStore(url: string): Store {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) throw new OptionError('This redis: URL is not one; write redis://host:6379/0?namespace=acme.');
  for (const name of parsed.searchParams.keys()) {
    if (!redisParameters.includes(name))
      throw new OptionError(`A redis: URL has no parameter '${name}'. Known: ${redisParameters.join(', ')}.`);
  }
  const namespace = parsed.searchParams.get('namespace') ?? undefined;
  const partitions = parsed.searchParams.get('partitions');
  const places = parsed.searchParams.getAll('place').map(placeOf);
  parsed.search = '';
  return redis({
    url: parsed.href,
    namespace,
    partitions: partitions === null ? undefined : Number(partitions || Number.NaN),
    places: places.length === 0 ? undefined : Object.fromEntries(places),
  });
}

/** `emails:2`: a queue, and its partition. */
function placeOf(place: string): readonly [queue: string, partition: number] {
  const [, queue, partition] = /^(.+):(\d+)$/s.exec(place) ?? [];
  if (queue === undefined)
    throw new OptionError(`place=${place} is not known; write a queue and its partition, as place=emails:2.`);
  return [queue, Number(partition)];
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:/@]*@/, ':***@');
}

/** For people: `host:pid`. */
export function processName(): string {
  const host = process.getBuiltinModule?.('node:os')?.hostname() ?? 'host';
  return `${host}:${process.pid}`;
}
