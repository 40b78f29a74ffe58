/** Three processes, one Redis: the document's sample, its master, and what is left when one of them dies. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TaskManager } from 'taskspan';
import { expect, it, onTestFinished } from 'vitest';
import { blocksOfPage } from '../../docs/pages.js';
import { redisForTest } from '../servers/index.js';
import { until } from '../servers/until.js';
import type { Command, MemberSettings, Told } from './member.d.ts';

/** Longer than a busy machine keeps a process from renewing it. */
const LEASE_MS = 3_000;

class Member {
  readonly told: Told[] = [];
  /** The stretches in which it was the master. */
  readonly stretches: { readonly from: number; to: number }[] = [];
  readonly #child: ReturnType<typeof fork>;

  constructor(settings: MemberSettings) {
    const program = fileURLToPath(new URL('member.mjs', import.meta.url));
    this.#child = fork(program, [JSON.stringify(settings)], { execArgv: ['--no-warnings'] });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
    this.#child.on('message', (told: Told) => this.#hear(told));
  }

  static async start(settings: MemberSettings): Promise<Member> {
    const member = new Member(settings);
    await until('a process to be ready', () => member.told.some(({ what }) => what === 'ready'));
    return member;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The latest moment at which it surely was the master. */
  get wasMasterAt(): number {
    return this.stretches.at(-1)?.to ?? Number.NEGATIVE_INFINITY;
  }

  heard(what: 'committed' | 'started' | 'success' | 'failure' | 'printed'): Extract<Told, { id: string }>[] {
    return this.told.filter((one): one is Extract<Told, { id: string }> => one.what === what);
  }

  send(command: Command): void {
    this.#child.send(command);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** @returns its exit code; null if the signal ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    return (await exited)[0] as number | null;
  }

  #hear(told: Told): void {
    if (told.what !== 'master') return void this.told.push(told);
    const last = this.stretches.at(-1);
    if (last?.from === told.from) last.to = told.to;
    else this.stretches.push({ from: told.from, to: told.to });
  }
}

/** Which of them has been the master since this was asked. */
async function masterOf(members: readonly Member[]): Promise<Member> {
  const before = members.map(({ wasMasterAt }) => wasMasterAt);
  const now = (): Member | undefined => members.find(({ wasMasterAt }, i) => wasMasterAt > (before[i] as number));
  await until('a master', () => now() !== undefined);
  return now() as Member;
}

/** All stretches of mastery, by when they began; no two of them may have a moment in common. */
function expectOneMasterAtATime(members: readonly Member[]): void {
  const all = members.flatMap(({ stretches }, i) => stretches.map((stretch) => ({ ...stretch, who: i })));
  all.sort((a, b) => a.from - b.from);
  const overlaps = all.filter(({ from }, i) => i > 0 && from < (all[i - 1]?.to ?? 0));
  expect(overlaps).toEqual([]);
}

const [sample] = blocksOfPage('test/redis/default-task-manager/sample.md');

/** As the document means it: two of its functions don't parse. */
function mended(text: string): string {
  return text
    .replace('async (task)={', 'async (task) => {')
    .replace('process.on("SIGTERM", () => {', 'process.on("SIGTERM", async () => {');
}

it('given the document’s sample in three processes, when each runs it, then every task succeeds, workers know their id and whether they are with the master, exactly one is, and SIGTERM ends each with code 0', async () => {
  const text = mended(sample?.text ?? '');
  expect(text).not.toBe(sample?.text);
  const settings: MemberSettings = { redis: await redisForTest(), leaseMs: LEASE_MS, sample: text };
  const members = await Promise.all([1, 2, 3].map(() => Member.start(settings)));
  await until('all successes', () => members.every((member) => member.heard('success').length === 1));
  expect(members.flatMap((member) => member.heard('success')).map(({ data, result }) => [data, result])).toEqual(
    members.map(() => [{ TaskSpecificKey: 'TaskSpecificValue' }, true]),
  );
  const master = await masterOf(members);
  // Each process takes a share, now that all are there.
  for (const member of members) member.send({ name: 'more', count: 40 });
  await until('the others too', () => members.every((member) => member.heard('success').length === 41));
  const ids = members.flatMap((member) => member.heard('success')).map(({ id }) => id);
  const printed = members.flatMap((member) => member.heard('printed')).map(({ data }) => String(data));
  const pattern = /^Worker with ID ([\da-f-]{36}) \(Master:(true|false)\) received Task with ID ([\da-f-]{36})$/;
  const received = printed.map((line) => pattern.exec(line)?.[3]);
  expect(received.sort()).toEqual(ids.sort());
  const ofOthers = members.filter((member) => member !== master).flatMap((member) => member.heard('printed'));
  expect(ofOthers.filter(({ data }) => String(data).includes('Master:true'))).toEqual([]);
  expect(await Promise.all(members.map((member) => member.end('SIGTERM')))).toEqual([0, 0, 0]);
  expectOneMasterAtATime(members);
}, 60_000);

it('given three processes with work in hand, when the master is killed, and the next one told to end, then another leads each time, never two at once, and every task succeeds for its creator or is done', async () => {
  const settings: MemberSettings = { redis: await redisForTest(), leaseMs: LEASE_MS, sample: null };
  const members = await Promise.all([1, 2, 3].map(() => Member.start(settings)));
  const first = await masterOf(members);
  const left = members.filter((member) => member !== first);
  for (const member of members) member.send({ name: `of ${member.pid}`, count: 30 });
  await until('all tasks to be stored', () => members.every((member) => member.heard('committed').length === 30));
  await until('work in the hands of the master', () => first.heard('started').length > 0);
  await first.end('SIGKILL');
  const second = await masterOf(left);
  const [last] = left.filter((member) => member !== second) as [Member];
  expect(await second.end('SIGTERM')).toBe(0);
  expect(await masterOf([last])).toBe(last);
  await until('all tasks of the one that is left', () => last.heard('success').length === 30);
  await until('all tasks to be done', async () => (await completed(settings.redis)) === 90);
  const started = new Set(members.flatMap((member) => member.heard('started')).map(({ id }) => id));
  const committed = members.flatMap((member) => member.heard('committed')).map(({ id }) => id);
  expect(committed.filter((id) => !started.has(id))).toEqual([]);
  expect(members.flatMap((member) => member.heard('failure'))).toEqual([]);
  expectOneMasterAtATime(members);
}, 90_000);

it('given a master that is stopped for longer than its lease, when it goes on, then another leads, and it knows at once that it does not', async () => {
  const settings: MemberSettings = { redis: await redisForTest(), leaseMs: LEASE_MS, sample: null };
  const members = await Promise.all([1, 2, 3].map(() => Member.start(settings)));
  const first = await masterOf(members);
  first.signal('SIGSTOP');
  const others = members.filter((member) => member !== first);
  const second = await masterOf(others);
  first.signal('SIGCONT');
  first.send({ name: 'back', count: 3 });
  await until('it to work again', () => first.heard('success').length === 3);
  expect(await masterOf(members)).toBe(second);
  expectOneMasterAtATime(members);
}, 60_000);

async function completed(redis: string): Promise<number> {
  await using looker = new TaskManager({ store: redis, work: false });
  return (await looker.count()).completed;
}
