/**
 * Events of the whole cluster: a stream that scripts write to while somebody follows, an entry a call.
 *
 * Each entry has a number, so one that was trimmed away unread shows. Whoever follows says so again and again; when it
 * could not for too long, events may not have been written at all.
 */

import type { EventsFollower, StoreEvent } from '../../store/capabilities.js';
import { type Client, listOf, type Reply, textOf } from './client.js';
import type { Connection } from './connection.js';
import { JUMP } from './losses.js';
import { reasonOf, stateOf } from './packed.js';
import { scripts } from './scripts.js';

/** How long one call of `follow` keeps events being written, and how often it is made. */
const FOLLOWED_MS = 30_000;
const FOLLOW_EVERY_MS = 10_000;
/** How long the server waits for an entry, and how many it answers at once. */
const BLOCK_MS = 2_000;
const ENTRIES = 64;
const RETRY_MS = 500;

export async function follow(connection: Connection, follower: EventsFollower): Promise<() => void> {
  const following = new Following(connection, follower);
  await following.start();
  return () => following.end();
}

class Following {
  readonly #connection: Connection;
  readonly #follower: EventsFollower;
  readonly #client: Client;
  #timer: ReturnType<typeof setInterval> | null = null;
  #lastId = '0-0';
  /** Of the latest entry; null before the first. */
  #lastNumber: number | null = null;
  #writes = 0;
  #hasEnded = false;

  constructor(connection: Connection, follower: EventsFollower) {
    this.#connection = connection;
    this.#follower = follower;
    this.#client = connection.client.fork();
  }

  async start(): Promise<void> {
    try {
      await this.#client.open();
      this.#lastId = (await this.#renew()).latest;
    } catch (error) {
      this.end();
      throw error;
    }
    this.#timer = setInterval(() => void this.#renewInTime(), FOLLOW_EVERY_MS);
    this.#timer.unref();
    void this.#read();
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    void this.#client.close();
  }

  async #renew(): Promise<{ wasFollowed: boolean; latest: string }> {
    const reply = listOf(await this.#connection.run(scripts.follow, { forMs: FOLLOWED_MS }));
    const writes = Number(reply[1]);
    // Whoever notices a loss first raises the number far above what it was.
    const hasLostWrites = writes < this.#writes || writes - this.#writes >= JUMP / 2;
    const wasFollowed = reply[0] === 1 && !hasLostWrites;
    this.#writes = writes;
    const latest = textOf(reply[2]);
    // Entries that we have read are gone, and what comes next may have ids below theirs.
    if (hasLostWrites && isBefore(latest, this.#lastId)) this.#lastId = latest;
    return { wasFollowed, latest };
  }

  async #renewInTime(): Promise<void> {
    try {
      const { wasFollowed } = await this.#renew();
      if (!wasFollowed && !this.#hasEnded) this.#follower.gap();
    } catch {
      // The server is away. Once it is back, the next try tells whether something was missed.
    }
  }

  async #read(): Promise<void> {
    while (!this.#hasEnded) {
      try {
        const key = `${this.#connection.prefix}events`;
        const args = ['COUNT', ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', key, this.#lastId];
        const entries = entriesOf(await this.#client.command('XREAD', args));
        for (const entry of entries) this.#take(listOf(entry));
        // Quiet is what a server also is that was replaced or has forgotten that it is followed.
        if (entries.length === 0) await this.#renewInTime();
      } catch {
        if (this.#hasEnded) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        // A server that is back may have forgotten that it is followed.
        await this.#renewInTime();
      }
    }
  }

  #take([id, fields]: readonly Reply[]): void {
    const entry = entryOf(listOf(fields));
    this.#lastId = textOf(id);
    if (this.#hasEnded) return;
    if (this.#lastNumber !== null && entry.number !== this.#lastNumber + 1) this.#follower.gap();
    this.#lastNumber = entry.number;
    this.#follower.events(entry.events);
  }
}

/** Ids of entries: milliseconds, and a number within them. */
function isBefore(a: string, b: string): boolean {
  const [ms = 0, number = 0] = a.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = b.split('-').map(Number);
  return ms < otherMs || (ms === otherMs && number < otherNumber);
}

/** Of the one stream that was asked for: pairs of name and entries, or with RESP3 a map, which clients tell in three ways. */
function entriesOf(reply: Reply | ReadonlyMap<Reply, Reply>): readonly Reply[] {
  if (reply === null || typeof reply !== 'object') return [];
  if (reply instanceof Map) return listOf([...reply.values()][0]);
  if (!Array.isArray(reply)) return listOf(Object.values(reply)[0] as Reply);
  const [first, second] = reply as readonly Reply[];
  return listOf(Array.isArray(first) ? (first as readonly Reply[])[1] : second);
}

function entryOf(fields: readonly Reply[]): { number: number; events: readonly StoreEvent[] } {
  const named = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) named.set(textOf(fields[i]), textOf(fields[i + 1]));
  const metas = (named.get('metas') ?? '').split('\n').map((meta) => JSON.parse(meta) as [string, string]);
  const at = Number(named.get('at'));
  const events = (named.get('events') ?? '').split('\n').map((line) => eventOf(line, metas, at));
  return { number: Number(named.get('n')), events };
}

function eventOf(line: string, metas: readonly (readonly [string, string])[], at: number): StoreEvent {
  const [letter, reason, rev, attempt, generation, meta, ...id] = line.split(' ');
  const [task, queue] = metas[Number(meta) - 1] as readonly [string, string];
  const isUpdate = letter === 'U';
  return {
    id: id.join(' '),
    task,
    queue,
    state: isUpdate ? 'running' : stateOf(letter as string),
    reason: reasonOf(Number(reason)),
    rev: Number(rev),
    attempt: Number(attempt),
    generation: Number(generation),
    isUpdate,
    at,
  };
}
