/** What keeps a store in order over partitions: heartbeats, and the chores of the leader. */

import type { ExtendReply, ExtendRequest, MaintainReply, MaintainRequest, Store } from '../../../store/index.js';
import type { Holders } from './holders.js';
import type { Routing } from './routing.js';

/**
 * Each partition hears of the tokens that it may hold; of the worker, also those in which its queues live, and partition
 * 0, which has all workers.
 */
export async function extend(
  parts: readonly Store[],
  routing: Routing,
  holders: Holders,
  request: ExtendRequest,
): Promise<ExtendReply> {
  const { worker, tokens, leaving } = request;
  const asked = new Map<number, string[]>(
    [...new Set([0, ...worker.queues.map((queue) => routing.ofQueue(queue))])].map((partition) => [partition, []]),
  );
  for (const token of tokens) {
    const holder = holders.of(token);
    // One that was claimed elsewhere, or long ago.
    const places = holder === undefined ? parts.keys() : [holder];
    for (const partition of places) asked.set(partition, [...(asked.get(partition) ?? []), token]);
  }
  if (leaving) for (const partition of parts.keys()) if (!asked.has(partition)) asked.set(partition, []);
  const replies = await Promise.all(
    [...asked].map(([partition, some]) => (parts[partition] as Store).extend({ ...request, tokens: some })),
  );
  const kept = new Set<string>();
  for (const [i, some] of [...asked.values()].entries()) {
    const lost = new Set(replies[i]?.lost);
    for (const token of some) if (!lost.has(token)) kept.add(token);
  }
  const lost = tokens.filter((token) => !kept.has(token));
  for (const token of lost) holders.forget(token);
  return {
    now: (replies[0] as ExtendReply).now,
    lost,
    cancel: replies.flatMap(({ cancel }) => cancel),
    paused: replies.flatMap(({ paused }) => paused),
  };
}

/** The chores of all partitions, which share the bound. */
export class Maintaining {
  readonly #parts: readonly Store[];
  readonly #routing: Routing;
  /** Where the bound was used up: there the next call goes on, after partition 0. */
  #turn = 1;

  constructor(parts: readonly Store[], routing: Routing) {
    this.#parts = parts;
    this.#routing = routing;
  }

  async maintain({ term, limit }: MaintainRequest): Promise<MaintainReply> {
    // It has the leader: a term that is over is refused there, before anything is done elsewhere.
    const first = await (this.#parts[0] as Store).maintain({ term, limit: Math.ceil(limit / 2) });
    const replies = [first];
    if (!first.refused) replies.push(...(await this.#elsewhere(term, limit - most(first))));
    const next = replies.flatMap((reply) => (reply.nextAt === null ? [] : [reply.nextAt - reply.now + first.now]));
    const sum = (count: (reply: MaintainReply) => number): number => replies.reduce((n, reply) => n + count(reply), 0);
    return {
      refused: replies.some(({ refused }) => refused),
      now: first.now,
      rescued: sum(({ rescued }) => rescued),
      pruned: sum(({ pruned }) => pruned),
      more: replies.some(({ more }) => more) || (replies.length < this.#parts.length && !first.refused),
      nextAt: next.length === 0 ? null : Math.min(...next),
    };
  }

  /** All at once, so that one which doesn't answer keeps the others from nothing; what they leave goes to who has more. */
  async #elsewhere(term: number | null, limit: number): Promise<readonly MaintainReply[]> {
    const others = this.#others();
    const maintain = (partition: number, share: number): Promise<MaintainReply> =>
      (this.#parts[partition] as Store).maintain({ term, limit: share });
    const share = Math.floor(limit / others.length);
    const replies = share > 0 ? await Promise.all(others.map((partition) => maintain(partition, share))) : [];
    let left = limit - replies.reduce((sum, reply) => sum + most(reply), 0);
    for (const [i, partition] of others.entries()) {
      if (replies[i]?.more === false) continue;
      this.#turn = partition;
      if (left <= 0) break;
      const reply = await maintain(partition, left);
      left -= most(reply);
      replies[i] = after(replies[i], reply);
    }
    return replies;
  }

  #others(): readonly number[] {
    const others = this.#routing.others(0);
    const at = others.indexOf(this.#turn);
    return [...others.slice(at), ...others.slice(0, at)];
  }
}

function after(earlier: MaintainReply | undefined, reply: MaintainReply): MaintainReply {
  const { rescued = 0, pruned = 0 } = earlier ?? {};
  return { ...reply, rescued: reply.rescued + rescued, pruned: reply.pruned + pruned };
}

function most({ rescued, pruned }: MaintainReply): number {
  return Math.max(rescued, pruned);
}
