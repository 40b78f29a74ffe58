/** One leader at a time: terms only rise, each is one worker's, and it steps down by its own clock in time. */

import type { MaintainReply, MaintainRequest } from '../../store/index.js';
import { InvariantError } from './invariant-error.js';
import type { Carried } from './sim-store.js';

export class LeaderCheck {
  #highestTerm = 0;
  #leader: { readonly worker: string; readonly term: number; until: number; readonly lengthMs: number } | null = null;
  /** By process, in true time: it has not been told of a term that may last longer. */
  readonly #leadsUntil: Map<string, number> = new Map();

  check({ verb, args, reply, now, from, calledAt }: Carried): void {
    // A clock that steps back makes no term longer.
    if (this.#leader !== null) this.#leader.until = Math.min(this.#leader.until, now + this.#leader.lengthMs);
    if (verb === 'campaign' && typeof reply === 'number') {
      const [worker, leaseMs] = args as [string, number];
      this.#elected(worker, reply, now, leaseMs);
      this.#leadsUntil.set(from, Math.max(this.#leadsUntil.get(from) ?? 0, calledAt + leaseMs));
    } else if (verb === 'resign') {
      const [worker, term] = args as [string, number];
      if (this.#leader?.worker === worker && this.#leader.term === term) this.#leader = null;
    } else if (verb === 'maintain') {
      this.#maintained(args[0] as MaintainRequest, reply as MaintainReply, from, calledAt);
    }
  }

  /** The store has lost writes; what it has forgotten of terms binds nobody. */
  forget(): void {
    this.#highestTerm = 0;
    this.#leader = null;
  }

  #elected(worker: string, term: number, now: number, leaseMs: number): void {
    const last = this.#leader;
    if (term < this.#highestTerm)
      throw new InvariantError(8, `term ${term} was given after term ${this.#highestTerm}.`);
    if (last !== null && last.worker !== worker && last.until > now)
      throw new InvariantError(8, `${worker} leads ${last.until - now} ms before the term of ${last.worker} ends.`);
    if (last !== null && last.worker !== worker && last.term === term)
      throw new InvariantError(8, `${worker} leads under term ${term}, which is ${last.worker}’s.`);
    this.#highestTerm = term;
    this.#leader = { worker, term, until: now + leaseMs, lengthMs: leaseMs };
  }

  #maintained({ term }: MaintainRequest, { refused }: MaintainReply, from: string, calledAt: number): void {
    if (term === null) throw new InvariantError(8, `${from} did chores without a term.`);
    if (term < this.#highestTerm && !refused)
      throw new InvariantError(8, `a leader of term ${term} did chores after term ${this.#highestTerm} began.`);
    const overdueMs = calledAt - (this.#leadsUntil.get(from) ?? 0);
    if (overdueMs >= 0)
      throw new InvariantError(8, `${from} began a chore ${overdueMs} ms after its term can have ended.`);
  }
}
