/**
 * The hot path over partitions.
 *
 * Settles go to their partitions at once. A claim asks one partition after the other, each time beginning with another
 * one, until one has jobs: so it never takes more than there is room for, its token holds jobs of one partition, and
 * what was found starts without waiting for the others. These are asked by the next exchange, since there may be more.
 */

import type {
  ClaimRequest,
  ExchangeReply,
  ExchangeRequest,
  Settle,
  SettleAnswer,
  Store,
} from '../../../store/index.js';
import type { Holders } from './holders.js';
import { askAll, type Routing } from './routing.js';
import { type Turn, Turns } from './turns.js';

/** A reply lists no more names of orphans than this. */
const ORPHANS_NAMED = 32;

export class Exchanging {
  readonly #parts: readonly Store[];
  readonly #routing: Routing;
  readonly #holders: Holders;
  readonly #turns: Turns = new Turns();

  constructor(parts: readonly Store[], routing: Routing, holders: Holders) {
    this.#parts = parts;
    this.#routing = routing;
    this.#holders = holders;
  }

  /** Something became claimable there. */
  hint(partition: number): void {
    this.#turns.hint(partition);
  }

  async exchange({ worker, settle, claim }: ExchangeRequest): Promise<ExchangeReply> {
    if (claim === null) return this.#settleOnly(worker, settle);
    const queues = this.#routing.ofQueues(claim.queues);
    const turn = this.#turns.of(worker);
    const order = this.#order(queues, claim, turn);
    const [first, ...others] = order as [number, ...number[]];
    const replies: ExchangeReply[] = [];
    const ask = async (partition: number, some: readonly Settle[]): Promise<ExchangeReply> => {
      const part = { worker, settle: some, claim: { ...claim, queues: queues.get(partition) ?? [], keepsOpen: false } };
      const reply = await this.#claim(partition, part);
      replies.push(reply);
      return reply;
    };
    const [settled] = await Promise.all([
      // The first one is asked for both in one call.
      this.#settle(settle, (partition, some) =>
        partition === first ? ask(first, some) : this.#part(partition).exchange({ worker, settle: some, claim: null }),
      ),
      settle.some(({ id }) => this.#routing.ofJob(id) === first) ? null : ask(first, []),
    ]);
    for (const partition of others) {
      if (replies.at(-1)?.jobs.length !== 0) break;
      await ask(partition, []);
    }
    turn.asked(order, replies);
    const reply = merged(replies, settled, replies.length < order.length);
    return { ...reply, orphans: turn.orphansIn(order).slice(0, ORPHANS_NAMED) };
  }

  /** Whom to ask in turn. A call that is repeated begins where it may have taken something. */
  #order(queues: ReadonlyMap<number, readonly string[]>, claim: ClaimRequest, turn: Turn): readonly number[] {
    const all = queues.size === 0 ? [0] : [...queues.keys()];
    const earlier = this.#holders.of(claim.token) ?? this.#holders.of(claim.suspectToken ?? '');
    const from = earlier ?? turn.next;
    if (earlier !== undefined && !queues.has(earlier)) return [earlier, ...all];
    const at = Math.max(
      0,
      all.findIndex((partition) => partition >= from),
    );
    return [...all.slice(at), ...all.slice(0, at)];
  }

  async #claim(partition: number, request: ExchangeRequest & { readonly claim: ClaimRequest }): Promise<ExchangeReply> {
    const { token, suspectToken } = request.claim;
    this.#holders.asked(token, partition);
    if (suspectToken !== null) this.#holders.asked(suspectToken, partition);
    const reply = await this.#part(partition).exchange(request);
    for (const job of reply.jobs) this.#holders.holds(job.token);
    if (reply.jobs.length > 0) return reply;
    this.#holders.forget(token);
    if (suspectToken !== null) this.#holders.forget(suspectToken);
    return reply;
  }

  async #settleOnly(worker: string, settle: readonly Settle[]): Promise<ExchangeReply> {
    const replies: ExchangeReply[] = [];
    const ask = async (partition: number, some: readonly Settle[]): Promise<ExchangeReply> => {
      const reply = await this.#part(partition).exchange({ worker, settle: some, claim: null });
      replies.push(reply);
      return reply;
    };
    const settled = await this.#settle(settle, ask);
    // Whoever asks for nothing is told the time.
    if (replies.length === 0) await ask(0, []);
    return merged(replies, settled, false);
  }

  async #settle(
    settle: readonly Settle[],
    ask: (partition: number, some: readonly Settle[]) => Promise<ExchangeReply>,
  ): Promise<readonly SettleAnswer[]> {
    const answers = await askAll(
      settle,
      ({ id }) => this.#routing.ofJob(id),
      async (partition, some) => (await ask(partition, some)).settled,
      (): SettleAnswer => 'lost',
    );
    for (const { token } of settle) this.#holders.settled(token);
    return answers;
  }

  #part(partition: number): Store {
    return this.#parts[partition] as Store;
  }
}

/** One reply of several, on the clock of the first. */
function merged(replies: readonly ExchangeReply[], settled: readonly SettleAnswer[], isCut: boolean): ExchangeReply {
  const { now } = replies[0] as ExchangeReply;
  const next = replies.flatMap((reply) => (reply.nextAt === null ? [] : [reply.nextAt - reply.now + now]));
  return {
    now,
    settled,
    jobs: replies.flatMap(({ jobs }) => jobs),
    more: isCut || replies.some(({ more }) => more),
    nextAt: next.length === 0 ? null : Math.min(...next),
    orphans: [],
    paused: replies.flatMap(({ paused }) => paused),
  };
}
