/** Errors of a server: which of them pass by themselves, and what people can do about the others. */

import { StoreError } from '../../core/errors.js';

/** The server says so for a while only: it restarts, changes its role, moves a slot, or is kept from answering. */
const PASSING: ReadonlySet<string> = new Set([
  'BUSY',
  'LOADING',
  'MASTERDOWN',
  'READONLY',
  'UNBLOCKED',
  'NOREPLICAS',
  'CLUSTERDOWN',
  'TRYAGAIN',
]);
/** What ioredis and node-redis say of a connection, where the user's own options don't have it wait for the next one. */
const CONNECTION_LOST =
  /^(Command timed out|Connection is closed|Connection timeout|Socket closed unexpectedly|Socket timeout|Disconnects client|The client is offline|Reached the max retries per request|Too many Cluster redirections|Failed to refresh slots|None of startup nodes)|\b(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)\b/;

const advice: Readonly<Record<string, string>> = {
  OOM: 'has reached its maxmemory, and nothing of the call was written. Delete ended jobs (taskspan delete), keep them for less long, or raise maxmemory; all goes on by itself then.',
  BUSY: 'is kept busy by a script, which is not ours. See what it is, and end it with SCRIPT KILL.',
  LOADING: 'still loads its data after a restart. Try again when it is done.',
  READONLY: 'is a replica, and takes no writes. Let the URL lead to the primary.',
  MASTERDOWN: 'is a replica that has lost its primary. Let the URL lead to the primary.',
  NOREPLICAS: 'has too few replicas to take writes (min-replicas-to-write). See why they are away.',
  CLUSTERDOWN: 'belongs to a Redis Cluster that is down: a part of its slots is served by no node.',
  TRYAGAIN: 'moves the slot of the namespace to another node. Try again when it is done.',
  MISCONF: 'takes no writes, because it could not save its data: its disk may be full. Its log says more.',
  NOAUTH: 'wants a password: redis://user:password@host:port.',
  WRONGPASS: 'does not take this user and password.',
  NOPERM:
    'does not let this user do that: it needs all commands of its kind on the keys and channels of the namespace.',
  MOVED: 'is a node of a Redis Cluster: give redis({ client }) an ioredis Cluster.',
  ASK: 'is a node of a Redis Cluster: give redis({ client }) an ioredis Cluster.',
};

/** `OOM`, `BUSY`, …; of an error that a script had, too, as older servers pack it. Empty for none. */
export function codeOf(error: unknown): string {
  const message = messageOf(error);
  return (/[ :]-([A-Z]{3,}) /.exec(message) ?? /^([A-Z]{3,}) /.exec(message))?.[1] ?? '';
}

/** To be tried again soon, as it was. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error)) || CONNECTION_LOST.test(messageOf(error));
}

/** @param location of the server, for people */
export function explained(error: unknown, location: string): StoreError {
  const known = advice[codeOf(error)];
  const what = known ?? 'failed. Look whether it is up and can be reached; whatever was called may be repeated.';
  return new StoreError('STORE_FAILED', `${location} ${what} (${messageOf(error)})`, { cause: error });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
