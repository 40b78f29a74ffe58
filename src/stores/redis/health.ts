/** What a Redis server can lose, and what it has lost: facts and findings. */

import type { Finding, StoreHealth } from '../../store/index.js';
import { listOf, textOf } from './client.js';
import type { Connection } from './connection.js';
import { scripts } from './scripts.js';
import type { ServerFacts } from './server.js';

/** For so long a loss is told of. */
const LOSS_TOLD_MS = 86_400_000;
/** Of maxmemory. */
const NEARLY_FULL = 0.9;

/** The latest loss of writes that a process has noticed, by the server's clock. */
export interface NotedLoss {
  readonly at: number;
  readonly calls: number;
}

export async function checkHealth(connection: Connection): Promise<StoreHealth> {
  const facts = await connection.look();
  const [now, lost, writes, damaged] = listOf(await connection.run(scripts.look, {})).map(textOf) as [
    string,
    string,
    string,
    string,
  ];
  const [at, calls] = lost.split(' ').map(Number);
  const loss = at === undefined || calls === undefined ? null : { at, calls };
  const { version, persistence, eviction, maxMemoryBytes, usedMemoryBytes, replicas } = facts;
  return {
    facts: {
      redis: version ?? 'unknown',
      persistence,
      eviction: eviction ?? 'unknown',
      usedMemoryBytes,
      maxMemoryBytes,
      replicas,
      writes: Number(writes),
    },
    findings: [...findingsOf(facts, loss, Number(now)), ...damageFindings(Number(damaged), connection.prefix)],
    now: Number(now),
  };
}

/** The decisions. */
export function findingsOf(facts: ServerFacts, loss: NotedLoss | null, now: number): readonly Finding[] {
  return [
    ...lossFindings(loss, now),
    ...evictionFindings(facts),
    ...memoryFindings(facts),
    ...persistenceFindings(facts),
  ];
}

function lossFindings(loss: NotedLoss | null, now: number): readonly Finding[] {
  if (loss === null || now - loss.at > LOSS_TOLD_MS) return [];
  const message = `The server has lost writes that it had acknowledged: at least ${loss.calls} calls, noticed on ${new Date(loss.at).toISOString()}. Jobs may be gone, and such that had ended may have run again.`;
  const fix = 'Compare with what your producers know. Set appendfsync always, so that a restart loses none.';
  return [{ code: 'lost-writes', severity: 'warning', message, fix }];
}

function damageFindings(records: number, prefix: string): readonly Finding[] {
  if (records === 0) return [];
  const message = `${records} record${records === 1 ? '' : 's'} could not be read and went out of the way: somebody else may have written to the keys of this namespace.`;
  const fix = `They are kept as they were in the hash '${prefix}damaged': look at them, enqueue their jobs anew, and delete it.`;
  return [{ code: 'damaged-records', severity: 'warning', message, fix }];
}

function evictionFindings({ eviction, maxMemoryBytes }: ServerFacts): readonly Finding[] {
  if (eviction === null) {
    const message = 'The server does not tell its eviction policy. With any but noeviction it may delete jobs.';
    return [{ code: 'redis-eviction-unknown', severity: 'note', message, fix: 'Look at its settings.' }];
  }
  if (eviction === 'noeviction') return [];
  const isSoon = eviction.startsWith('allkeys') && maxMemoryBytes > 0;
  const message = isSoon
    ? `The server's eviction policy is ${eviction}: when its memory is full, it deletes jobs and what belongs to them.`
    : `The server's eviction policy is ${eviction}, which may delete jobs where memory is short.`;
  const fix = 'Set maxmemory-policy noeviction, and give caches a server of their own.';
  return [{ code: 'redis-eviction', severity: isSoon ? 'problem' : 'warning', message, fix }];
}

function memoryFindings({ usedMemoryBytes, maxMemoryBytes }: ServerFacts): readonly Finding[] {
  if (maxMemoryBytes === 0 || usedMemoryBytes < NEARLY_FULL * maxMemoryBytes) return [];
  const percent = Math.floor((100 * usedMemoryBytes) / maxMemoryBytes);
  const message = `The server uses ${percent} % of its maxmemory. Once it is full, enqueue rejects and nothing is claimed.`;
  const fix = 'Raise maxmemory, or keep ended jobs for less long.';
  return [{ code: 'redis-memory', severity: 'warning', message, fix }];
}

function persistenceFindings({ persistence, replicas }: ServerFacts): readonly Finding[] {
  const finding = (severity: Finding['severity'], code: string, message: string, fix: string): readonly Finding[] => [
    { code, severity, message, fix },
  ];
  switch (persistence) {
    case 'none':
      return finding(
        'warning',
        'redis-not-durable',
        'The server keeps its data in memory only: a restart loses all jobs.',
        'Set appendonly yes, and appendfsync always to lose none.',
      );
    case 'rdb':
      return finding(
        'warning',
        'redis-not-durable',
        'The server saves its data from time to time (RDB): a restart may lose the jobs of the last minutes.',
        'Set appendonly yes, and appendfsync always to lose none.',
      );
    case 'unknown':
    case 'aof':
      return finding(
        'note',
        'redis-durability-unknown',
        'The server does not tell how it persists (CONFIG is forbidden), so what a crash of it may lose is unknown.',
        'Look at its settings: appendonly yes, and appendfsync always to lose none.',
      );
    case 'aof-everysec':
    case 'aof-no':
      return finding(
        'note',
        'redis-bounded',
        `The server syncs its log ${persistence === 'aof-no' ? 'when its system likes' : 'once a second'}: a crash may lose the jobs of that time.`,
        'Set appendfsync always to lose none.',
      );
    case 'aof-always':
      if (replicas === 0) return [];
      return finding(
        'note',
        'redis-bounded',
        'The server syncs each write, but its replicas get them a moment later: a failover may lose the newest.',
        'Where none may be lost, restart the primary rather than fail over.',
      );
  }
}
