/**
 * A simulated store that keeps claims open: after an insert it claims for a worker that waits, under that worker's own
 * token, and tells it by a hint that may be lost. The reference store carries out what this decides.
 */

import type {
  ClaimRequest,
  ExchangeReply,
  ExchangeRequest,
  ExtendReply,
  ExtendRequest,
  InsertAnswer,
  WorkerPresence,
} from '../../store/index.js';
import type { Chance } from './chance.js';
import type { SimProcess } from './sim-process.js';

/** Carries a call out on the store, as if the process had made it then. */
export type Perform = (
  process: SimProcess,
  verb: string,
  args: readonly unknown[],
  calledAt: number,
) => Promise<unknown>;

interface Kept {
  readonly process: SimProcess;
  readonly request: ExchangeRequest;
  readonly claim: ClaimRequest;
  /** By the store's clock. */
  readonly closesAt: number;
  /** In true time. */
  readonly calledAt: number;
  isFilled: boolean;
}

export class OpenClaims {
  readonly #perform: Perform;
  readonly #chance: Chance;
  /** By worker. */
  readonly #kept: Map<string, Kept> = new Map();

  constructor(perform: Perform, chance: Chance) {
    this.#perform = perform;
    this.#chance = chance;
  }

  /** The store knows of none any more. */
  forget(): void {
    this.#kept.clear();
  }

  leave(worker: string): void {
    this.#kept.delete(worker);
  }

  /** The worker's exchange: what it has not heard of comes instead of what it asks for. */
  async exchange(
    process: SimProcess,
    request: ExchangeRequest,
    calledAt: number,
    now: () => number,
  ): Promise<ExchangeReply> {
    const unheard = await this.#unheard(process, request, calledAt);
    const { claim } = request;
    const asked = unheard.length > 0 ? { ...request, claim: null } : request;
    const reply = (await this.#perform(process, 'exchange', [asked], calledAt)) as ExchangeReply;
    if (unheard.length > 0) return { ...reply, jobs: unheard, more: true };
    if (claim?.keepsOpen === true && reply.jobs.length === 0 && !reply.more) {
      const closesAt = now() + claim.leaseMs / 3;
      this.#kept.set(request.worker, { process, request, claim, closesAt, calledAt, isFilled: false });
    }
    return reply;
  }

  /** Jobs were inserted: who waits gets them, by claims in the order of claim. */
  async fill(
    answers: readonly InsertAnswer[],
    now: () => number,
    tell: (process: SimProcess, token: string, reply: ExchangeReply) => void,
  ): Promise<readonly InsertAnswer[]> {
    const taken = new Set<string>();
    for (const kept of this.#kept.values()) {
      const { process, request, claim, calledAt } = kept;
      if (kept.isFilled || process.isDead || kept.closesAt <= now() || this.#chance.hits(0.2)) continue;
      const filling = { worker: request.worker, settle: [], claim: { ...claim, suspectToken: null, prefetch: 0 } };
      const reply = (await this.#perform(process, 'exchange', [filling], calledAt)) as ExchangeReply;
      if (reply.jobs.length === 0) continue;
      kept.isFilled = true;
      for (const { id } of reply.jobs) taken.add(id);
      tell(process, claim.token, reply);
    }
    return answers.map((answer) =>
      answer.status === 'inserted' && taken.has(answer.id) ? { ...answer, isTaken: true } : answer,
    );
  }

  async #unheard(
    process: SimProcess,
    { worker, heard = [] }: ExchangeRequest,
    calledAt: number,
  ): Promise<ExchangeReply['jobs']> {
    const kept = this.#kept.get(worker);
    if (kept === undefined) return [];
    const { claim, isFilled } = kept;
    if (!isFilled || heard.includes(claim.token)) {
      this.#kept.delete(worker);
      return [];
    }
    const again = { worker, settle: [], claim: { ...claim, suspectToken: null, prefetch: 0 } };
    const { jobs } = (await this.#perform(process, 'exchange', [again], calledAt)) as ExchangeReply;
    if (jobs.length === 0) return [];
    const renewal: ExtendRequest = {
      worker: presenceOf(worker, claim),
      tokens: [claim.token],
      leaseMs: claim.leaseMs,
      leaving: false,
    };
    const { lost } = (await this.#perform(process, 'extend', [renewal], calledAt)) as ExtendReply;
    return lost.length > 0 ? [] : jobs;
  }
}

function presenceOf(id: string, { queues, slots }: ClaimRequest): WorkerPresence {
  return { id, name: id, startedAt: 0, queues, tasks: [], concurrency: slots, running: 0 };
}
