/** Random work over partitions, held against what no order of it may break. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { completed, released, retried } from '../../../src/core/transitions.js';
import { claimRequest, keep, newError, newPresence, settleOf } from '../../../src/store/conformance/fixtures.js';
import { seed } from '../../../src/store/conformance/seed.js';
import type { ClaimRequest, ExchangeReply, Store } from '../../../src/store/index.js';
import { audit } from '../audit.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { jobIn, openStore, PARTITIONS, PLACES, type Queue } from './fixtures.js';

const RUNS = 60;
const LEASE_MS = 1_000;
const QUEUES = Object.keys(PLACES) as Queue[];

const step = fc.oneof(
  fc.record({
    verb: fc.constant('insert' as const),
    jobs: fc.array(
      fc.record({
        queue: fc.constantFrom(...QUEUES),
        priority: fc.integer({ min: -1, max: 1 }),
        delayMs: fc.constantFrom(0, 0, 300),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  }),
  fc.record({
    verb: fc.constant('exchange' as const),
    queues: fc.subarray(QUEUES, { minLength: 1 }),
    slots: fc.nat(6),
    prefetch: fc.nat(3),
    hasSuspectToken: fc.boolean(),
    settles: fc.array(fc.record({ pick: fc.nat(), kind: fc.nat(2) }), { maxLength: 6 }),
  }),
  fc.record({ verb: fc.constant('repeat' as const) }),
  fc.record({ verb: fc.constant('extend' as const), pick: fc.nat() }),
  fc.record({ verb: fc.constant('advance' as const), ms: fc.constantFrom(1, 300, LEASE_MS + 1) }),
  fc.record({ verb: fc.constant('maintain' as const), limit: fc.integer({ min: 1, max: 10 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Claimed = ExchangeReply['jobs'][number];

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

let made = 0;

it('given any sequence of work over partitions, when it is played, then no claim is too large or doubled, a repetition answers the same, each job is held by one, and all ends', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
    made += 1;
    const namespace = `spread-${made}`;
    const player = new Player();
    const store = await openStore(server.url, namespace, { clock: () => player.now });
    try {
      for (const each of steps) await player.play(store, each);
      await player.drain(store);
    } finally {
      await store.close();
    }
    for (let partition = 0; partition < PARTITIONS; partition++) await audit(server.url, namespace, partition);
    await server.cli('FLUSHALL');
  });
  await fc.assert(property, { numRuns: RUNS, seed: seed() });
}, 120_000);

class Player {
  now = 1_800_000_000_000;
  readonly #ids: Set<string> = new Set();
  /** What was claimed and not settled, with the end of its lease. */
  readonly #held: Map<string, { readonly job: Claimed; until: number }> = new Map();
  #last: { readonly request: ClaimRequest; readonly jobs: readonly Claimed[] } | null = null;
  #tokens = 0;

  async play(store: Store, step: Step): Promise<void> {
    switch (step.verb) {
      case 'insert': {
        const jobs = step.jobs.map(({ queue, ...given }) => jobIn(queue, { ...given, maxAttempts: null }));
        const answers = await store.insert(jobs);
        expect(answers.map(({ id, status }) => [id, status])).toEqual(jobs.map(({ id }) => [id, 'inserted']));
        for (const { id } of jobs) this.#ids.add(id);
        return;
      }
      case 'exchange':
        await this.#exchange(store, step);
        return;
      case 'repeat': {
        const last = this.#last;
        if (last === null || last.jobs.some(({ id }) => !this.#isLive(id))) return;
        const { jobs } = await store.exchange({ worker: 'w', settle: [], claim: last.request });
        expect(jobs.map(({ id }) => id)).toEqual(last.jobs.map(({ id }) => id));
        return;
      }
      case 'extend': {
        const held = [...this.#held.values()];
        const token = held[step.pick % Math.max(1, held.length)]?.job.token ?? 'stranger';
        const { lost } = await store.extend({
          worker: newPresence({ queues: QUEUES }),
          tokens: [token],
          leaseMs: LEASE_MS,
          leaving: false,
        });
        const own = held.filter(({ job }) => job.token === token);
        if (own.some(({ until }) => until > this.now)) expect(lost).toEqual([]);
        if (lost.length === 0) for (const one of own) one.until = this.now + LEASE_MS;
        return;
      }
      case 'advance':
        this.now += step.ms;
        return;
      case 'maintain': {
        const { rescued, more } = await store.maintain({ term: null, limit: step.limit });
        expect(rescued).toBeLessThanOrEqual(step.limit);
        const overdue = [...this.#held.values()].filter(({ until }) => until <= this.now);
        if (!more) for (const { job } of overdue) this.#held.delete(job.id);
        return;
      }
    }
  }

  async drain(store: Store): Promise<void> {
    this.now += LEASE_MS + 1;
    while ((await store.maintain({ term: null, limit: 3 })).more);
    this.#held.clear();
    for (let round = 0; round < 1_000; round++) {
      const ends = [...this.#held.values()].map((_, pick) => ({ pick, kind: 0 }));
      const more = await this.#exchange(store, {
        queues: QUEUES,
        slots: 4,
        prefetch: 1,
        hasSuspectToken: true,
        settles: ends,
      });
      if (this.#held.size > 0 || more.isMore) continue;
      if (more.nextAt === null) break;
      this.now = more.nextAt;
    }
    expect(await store.count({})).toMatchObject({ completed: this.#ids.size, pending: 0, running: 0 });
  }

  async #exchange(
    store: Store,
    { queues, slots, prefetch, hasSuspectToken, settles }: Omit<Extract<Step, { verb: 'exchange' }>, 'verb'>,
  ): Promise<{ isMore: boolean; nextAt: number | null }> {
    const held = [...this.#held.values()];
    const picked = new Map(settles.map(({ pick, kind }) => [held[pick % Math.max(1, held.length)], kind]));
    const settle = [...picked].flatMap(([one, kind]) =>
      one === undefined ? [] : [settleOf(one.job, [completed(null, keep), released(), retried(newError(), 0)][kind]!)],
    );
    this.#tokens += 1;
    const request = claimRequest({
      token: `t-${this.#tokens}`,
      suspectToken: hasSuspectToken ? `s-${this.#tokens}` : null,
      queues,
      slots,
      prefetch,
      leaseMs: LEASE_MS,
    });
    const reply = await store.exchange({ worker: 'w', settle, claim: request });
    for (const [i, { id }] of settle.entries()) {
      if (this.#isLive(id)) expect(reply.settled[i]).toBe('ok');
      this.#held.delete(id);
    }
    this.#check(request, reply);
    for (const job of reply.jobs) this.#held.set(job.id, { job, until: this.now + LEASE_MS });
    this.#last = reply.jobs.length === 0 ? null : { request, jobs: reply.jobs };
    return { isMore: reply.more, nextAt: reply.nextAt };
  }

  #check({ queues, slots, prefetch, token }: ClaimRequest, { jobs }: ExchangeReply): void {
    const own = jobs.filter((job) => job.token === token);
    expect(own.length).toBeLessThanOrEqual(slots + prefetch);
    expect(jobs.length - own.length).toBeLessThanOrEqual(Math.min(1, slots));
    expect(own.map(({ priority }) => -priority)).toEqual(own.map(({ priority }) => -priority).sort((a, b) => a - b));
    expect(new Set(jobs.map(({ queue }) => PLACES[queue as Queue])).size).toBeLessThanOrEqual(1);
    for (const job of jobs) {
      expect(queues).toContain(job.queue);
      expect(this.#isLive(job.id), `job ${job.id} is held by another`).toBe(false);
    }
  }

  #isLive(id: string): boolean {
    const held = this.#held.get(id);
    return held !== undefined && held.until > this.now;
  }
}
