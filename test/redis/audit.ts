/**
 * What Redis keeps beside the jobs (places, lines, counts, claims, keys, blocks, lists of ended ones), compared with what
 * the jobs themselves say. Texts are latin1, so that no byte is lost.
 */

import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { type KeyState, opensAt } from '../../src/core/constraint.js';
import type { JobRecord } from '../../src/core/job.js';
import { recordOf } from '../../src/stores/redis/packed.js';
import { keyStateOf, limitsOf } from '../../src/stores/redis/query.js';

const BLOCK = 128;
/** What stands before the id in a member of an ordered place. */
const ORDER_BYTES = 13;
const FAMILIES_WITH_SCORES: ReadonlySet<string> = new Set(['delayed:', 'later:', 'line:', 'orphans:', 'ready:']);
/** Bits of the fourth byte of a record. */
const SIDES = { results: 1, errors: 2, progress: 4 } as const;

interface Job extends JobRecord {
  readonly place: string;
  readonly sides: number;
}

/** @param url of a node that has the namespace. Nobody may work there meanwhile. */
export async function audit(url: string, namespace = 'default', partition = 0): Promise<void> {
  const client = new Redis(url, { protocol: 2 });
  try {
    const keep = await Keep.read(client, `{taskspan:${namespace}:${partition}}:`);
    places(keep);
    lines(keep);
    claims(keep);
    sides(keep);
    ended(keep);
    expect(keep.unknown(), 'keys that nothing accounts for').toEqual([]);
  } finally {
    client.disconnect();
  }
}

/** All that the namespace has, by key without the prefix. */
class Keep {
  readonly jobs: readonly Job[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #asked: Set<string> = new Set(['jobs']);

  static async read(client: Redis, prefix: string): Promise<Keep> {
    const values = new Map<string, readonly string[]>();
    const pattern = `${prefix.replace(/[*?[\]\\]/g, (c) => `\\${c}`)}*`;
    const keys = (await client.callBuffer('KEYS', pattern)) as Buffer[];
    let jobs: readonly Job[] = [];
    for (const key of keys) {
      const name = latin(key).slice(latin(prefix).length);
      const found = await valuesOf(client, key);
      if (name === 'jobs') jobs = jobsOf(found);
      // Servers before 7 give a zero back with the sign that it came with.
      else
        values.set(
          name,
          found.map((value) => (latin(value) === '-0' ? '0' : latin(value))),
        );
    }
    return new Keep(jobs, values);
  }

  private constructor(jobs: readonly Job[], values: ReadonlyMap<string, readonly string[]>) {
    this.jobs = jobs;
    this.#values = values;
  }

  /** Of a list or set: its items. Of a hash or an ordered set: names and values, or scores, in turn. */
  of(name: string): readonly string[] {
    this.#asked.add(name);
    return this.#values.get(name) ?? [];
  }

  map(name: string): Map<string, string> {
    const list = this.of(name);
    const pairs = Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i]!, list[2 * i + 1]!] as const);
    // One without a name is there for its length alone.
    return new Map(pairs.filter(([field]) => field !== ''));
  }

  /** Names of the keys that begin with it, without it. */
  under(family: string): readonly string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(family)).map((name) => name.slice(family.length));
  }

  at(...letters: readonly string[]): readonly Job[] {
    return this.jobs.filter(({ place }) => letters.includes(place));
  }

  unknown(): readonly string[] {
    const own = ['state', 'queues', 'groups', 'homes', 'workers', 'freshest', 'events', 'schedules', 'fired', 'slots'];
    for (const name of own) this.#asked.add(name);
    for (const queue of this.under('idle:')) this.#asked.add(`idle:${queue}`);
    return [...this.#values.keys()].filter((name) => !this.#asked.has(name));
  }
}

function places(keep: Keep): void {
  const counts = grouped(keep.jobs, (job) => job.place + latin(job.queue));
  const kept = [...keep.map('counts')].filter(([, n]) => n !== '0');
  expect(new Map(kept.map(([name, n]) => [name, Number(n)])), 'counts').toEqual(
    new Map([...counts].map(([name, jobs]) => [name, jobs.length])),
  );
  // What left it otherwise than at its front is passed over there.
  const fresh = new Set(keep.at('L').map(({ id }) => latin(id)));
  same(
    'fresh:',
    keep,
    keep.at('L'),
    (job) => latin(job.queue),
    (job) => [latin(job.id)],
    (id) => fresh.has(id),
  );
  // Claimed from where they wait, or moved on first.
  const isPlain = (job: Job): boolean => job.priority === 0 && !job.suspect;
  for (const [family, jobs] of [
    ['later:', keep.at('D').filter(isPlain)],
    ['delayed:', keep.at('D').filter((job) => !isPlain(job))],
  ] as const) {
    same(
      family,
      keep,
      jobs,
      (job) => latin(job.queue),
      (job) => [ordered(job)[0]!, `${job.dueAt}`],
    );
  }
  same('line:', keep, keep.at('K'), (job) => `${lane(job)}\0${latin(job.parkedOn!)}`, ordered);
  same('orphans:', keep, keep.at('O'), (job) => latin(`${job.queue}\0${job.parkedOn}`), ordered);
  const names = new Set(keep.at('O').map(({ queue, parkedOn }) => latin(`${queue}\0${parkedOn}`)));
  const listed = keep
    .under('orphaned:')
    .flatMap((queue) => [...keep.map(`orphaned:${queue}`).keys()].map((name) => `${queue}\0${name}`));
  expect(new Set(listed), 'orphaned').toEqual(names);
  same(
    'block:',
    keep,
    keep.jobs,
    (job) => `${Math.floor(job.seq / BLOCK)}`,
    (job) => [latin(job.id)],
  );
  expect([...keep.map('blocks').keys()].sort(), 'blocks').toEqual([...keep.under('block:')].sort());
  const waiting = keep.at('L', 'Z', 'D', 'K', 'O', 'S').filter(({ rare }) => rare?.scheduleId != null);
  same(
    'scheduled:',
    keep,
    waiting,
    (job) => latin(job.rare!.scheduleId!),
    (job) => [latin(job.id)],
  );
  const holders = keep.jobs.filter(({ unique }) => unique !== null);
  expect(keep.map('uniques'), 'uniques').toEqual(
    new Map(holders.map((job) => [latin(`${job.queue}\0${job.unique!.key}`), latin(job.id)])),
  );
}

/** Each line is open, cooling or blocked, as its key is; whoever stands first of an open one is ready. */
function lines(keep: Keep): void {
  const states = keep.map('keys');
  const groups = keep.map('groups');
  const byKey = new Map<string, string[]>();
  const ready: Job[] = [...keep.at('Z')];
  for (const name of keep.under('line:')) {
    const [line = '', key = ''] = [name.slice(0, name.indexOf('\0')), name.slice(name.indexOf('\0') + 1)];
    byKey.set(key, [...(byKey.get(key) ?? []), line]);
    const head = firstOf(keep.at('K').filter((job) => lane(job) === line && latin(job.parkedOn!) === key));
    const isReady = keep.map(`ready:${line}`).has(ordered(head)[0]!);
    const isCooling = keep.map(`cooling:${line}`).has(key);
    if (isReady) ready.push(head);
    const limits = limitsOf(JSON.parse(groups.get(key.slice(0, key.indexOf('/'))) ?? 'null'));
    const isBlocked = limits.maxConcurrent !== null && stateOf(states.get(key)).running >= limits.maxConcurrent;
    expect({ isReady, isCooling }, `line ${name}`).toEqual(
      isBlocked ? { isReady: false, isCooling: false } : { isReady, isCooling: !isReady },
    );
    if (isCooling && opensAt(limits, stateOf(states.get(key)), 0) === null) expect.fail(`line ${name} cools for ever`);
  }
  same('ready:', keep, ready, lane, ordered);
  const kept = [...keep.map('lines')].map(([key, list]) => [key, (JSON.parse(list) as string[]).sort()] as const);
  expect(new Map(kept), 'lines').toEqual(new Map([...byKey].map(([key, list]) => [key, list.sort()])));
  for (const line of keep.under('cooling:')) {
    for (const key of keep.map(`cooling:${line}`).keys()) expect(byKey.get(key), `cooling ${key}`).toContain(line);
  }
}

function claims(keep: Keep): void {
  const running = keep.at('R');
  const byToken = grouped(running, (job) => latin(job.token!));
  const held = new Map([...byToken].map(([token, jobs]) => [token, `${jobs.length}`]));
  expect(keep.map('held'), 'held').toEqual(held);
  expect([...keep.map('leases').keys()].sort(), 'leases').toEqual([...held.keys()].sort());
  expect([...keep.map('claims').keys()].sort(), 'claims').toEqual([...held.keys()].sort());
  for (const [token, claim] of keep.map('claims')) {
    const ids = claim.split('\n').slice(1);
    for (const { id } of byToken.get(token)!) expect(ids, `claim ${token}`).toContain(latin(id));
  }
  const asked = grouped(
    running.filter(({ cancelRequested }) => cancelRequested),
    (job) => latin(job.token!),
  );
  const cancels = [...keep.map('cancels')].map(([token, ids]) => [token, Object.keys(JSON.parse(ids)).sort()] as const);
  expect(new Map(cancels), 'cancels').toEqual(
    new Map([...asked].map(([token, jobs]) => [token, jobs.map(({ id }) => latin(id)).sort()])),
  );
  const slots = new Map<string, number>();
  for (const job of running) for (const key of job.keys ?? []) slots.set(latin(key), (slots.get(latin(key)) ?? 0) + 1);
  const taken = [...keep.map('keys')].map(([key, state]) => [key, stateOf(state).running] as const);
  expect(new Map(taken.filter(([, n]) => n !== 0)), 'running of keys').toEqual(slots);
}

/** Results, errors and progress. */
function sides(keep: Keep): void {
  for (const [name, bit] of Object.entries(SIDES)) {
    const having = keep.jobs.filter((job) => (job.sides & bit) !== 0).map(({ id }) => latin(id));
    expect([...keep.map(name).keys()].sort(), name).toEqual(having.sort());
  }
}

function ended(keep: Keep): void {
  const byId = new Map(keep.at('C', 'F', 'X').map((job) => [latin(job.id), job]));
  const lists = keep.under('ended:');
  const entries = new Map<string, number>();
  for (const age of lists) {
    for (const entry of keep.of(`ended:${age}`))
      entries.set(`${age} ${entry}`, (entries.get(`${age} ${entry}`) ?? 0) + 1);
  }
  for (const { id, rev, pruneAt, endedAt } of byId.values()) {
    if (pruneAt === null) continue;
    const n = entries.get(`${pruneAt - endedAt!} ${rev} ${latin(id)}`);
    if (n !== 1) expect.fail(`The end of ${id} stands ${n ?? 0} times among those to be pruned.`);
  }
  expect([...keep.map('retentions').keys()].sort(), 'retentions').toEqual([...lists].sort());
  const counted = keep.map('kept');
  for (const task of keep.under('kept:')) {
    expect(counted.has(task), `kept ${task}`).toBe(true);
    for (const id of keep.map(`kept:${task}`).keys()) expect(byId.has(id), `kept ${id}`).toBe(true);
  }
}

/** Each key of the family has the entries of its jobs, and no others that count. */
function same(
  family: string,
  keep: Keep,
  jobs: readonly Job[],
  keyOf: (job: Job) => string,
  entryOf: (job: Job) => readonly string[],
  counts: (entry: string) => boolean = () => true,
): void {
  const expected = grouped(jobs, keyOf);
  const width = FAMILIES_WITH_SCORES.has(family) ? 2 : 1;
  for (const name of new Set([...expected.keys(), ...keep.under(family)])) {
    const want = (expected.get(name) ?? []).map((job) => entryOf(job).join('\n'));
    const list = keep.of(family + name);
    const found = Array.from({ length: list.length / width }, (_, i) =>
      list.slice(i * width, (i + 1) * width).join('\n'),
    );
    expect(found.filter(counts).sort(), family + name).toEqual(want.sort());
  }
}

function grouped(jobs: readonly Job[], keyOf: (job: Job) => string): Map<string, Job[]> {
  const groups = new Map<string, Job[]>();
  for (const job of jobs) {
    const key = keyOf(job);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(job);
  }
  return groups;
}

function lane({ suspect, queue }: Job): string {
  return `${suspect ? 1 : 0}${latin(queue)}`;
}

/** Its member of an ordered place, and its score. */
function ordered({ dueAt, seq, id, priority }: Job): readonly string[] {
  const order = Buffer.alloc(ORDER_BYTES);
  order.writeBigUInt64BE(BigInt(Math.max(dueAt, 0)) << 8n, 0);
  order.writeUIntBE(seq, 7, 6);
  return [order.toString('latin1') + latin(id), `${priority === 0 ? 0 : -priority}`];
}

function firstOf(jobs: readonly Job[]): Job {
  const rank = (job: Job): string => ordered(job)[0]!;
  return [...jobs].sort((a, b) => b.priority - a.priority || (rank(a) < rank(b) ? -1 : 1))[0]!;
}

function stateOf(stored: string | undefined): KeyState {
  return keyStateOf(stored ?? '');
}

function jobsOf(found: readonly Buffer[]): Job[] {
  const jobs: Job[] = [];
  for (let i = 0; i < found.length; i += 2) {
    const packed = found[i + 1]!;
    const record = recordOf(found[i]!.toString('utf8'), packed, { result: null, errors: null, progress: null });
    jobs.push({ ...record, place: String.fromCharCode(packed[0]!), sides: packed[3]! });
  }
  return jobs;
}

async function valuesOf(client: Redis, key: Buffer): Promise<readonly Buffer[]> {
  const read: Readonly<Record<string, readonly [string, ...(string | Buffer)[]]>> = {
    hash: ['HGETALL', key],
    zset: ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
    list: ['LRANGE', key, '0', '-1'],
    set: ['SMEMBERS', key],
    stream: ['XRANGE', key, '-', '+', 'COUNT', '0'],
  };
  const [command, ...args] = read[await client.type(key)]!;
  return ((await client.callBuffer(command, ...args)) as Buffer[]) ?? [];
}

function latin(text: string | Buffer): string {
  return (typeof text === 'string' ? Buffer.from(text, 'utf8') : text).toString('latin1');
}
