/** Reads what the processes of a soak wrote, in that order, and says what must not have been. */
import { KeyRules } from './key-rules.mjs';
import { kindNameOf, kindOf } from './kinds.mjs';
import { ACKNOWLEDGED, CANCEL_ASKED, CANCELLED, COMPLETED, ENDED, FAILED, Numbers, SEEN_IN_STORE } from './numbers.mjs';

/** What an offence is about, and what was wrong. @typedef {{ readonly n: number | null, readonly what: string }} Offence */

const MOST_OFFENCES = 50;
const MOST_ERRORS = 100;
const flagOf = /** @type {Readonly<Record<string, number>>} */ ({
  completed: COMPLETED,
  failed: FAILED,
  cancelled: CANCELLED,
});

export class Judge {
  /** @type {Offence[]} */
  offences = [];
  /** Acknowledged and not known to have ended: the id of each, and since when. @type {Map<number, { id: string, at: number }>} */
  open = new Map();
  /** The jobs of each slot, by schedule. @type {Map<string, Map<number, string>>} */
  slots = new Map();
  /** By process, in bytes. @type {Map<string, { rss: number[], heap: number[] }>} */
  memory = new Map();
  /** Who leads, as far as is known, and each term's leader. */
  leader = '';
  /** @type {Map<number, string>} */
  terms = new Map();
  /** @type {Map<string, number>} */
  errors = new Map();
  counts = { acknowledged: 0, runs: 0, completed: 0, failed: 0, cancelled: 0, lost: 0, again: 0, excused: 0 };
  #numbers = new Numbers();
  #keys = new KeyRules((n, what) => this.#accuse(n, what));
  /** Those that stood still, until what they were about to begin has begun. @type {Map<string, 'any' | 'keyed'>} */
  #wakened = new Map();

  /** @param {import('./journal.mjs').Line} line */
  see(line) {
    const { what, n, by, run = '' } = line;
    switch (what) {
      case 'acknowledged':
        return this.#acknowledged(line);
      case 'cancels':
        return this.#numbers.set(n ?? 0, this.#numbers.flags(n ?? 0) | CANCEL_ASKED);
      case 'starts':
        return this.#started(line);
      case 'ends':
      case 'is stopped':
        return this.#keys.ended(line);
      case 'completed':
      case 'failed':
      case 'cancelled':
        if (n !== undefined) this.#ended(n, what, false);
        else if (what !== 'cancelled') this.#accuse(null, `job ${line.id} is ${what} and never ran there`);
        return this.#keys.decided(run, true);
      case 'retrying':
        return this.#keys.decided(run, true);
      case 'returned':
        if (n !== undefined) this.#numbers.add(n, 'returns');
        return this.#keys.decided(run, false);
      case 'lost':
        if (n !== undefined) this.counts.lost += 1;
        return this.#keys.decided(run, false);
      case 'continues':
        this.#wakened.set(line.whom ?? '', 'any');
        return;
      case 'died':
        this.#wakened.delete(line.whom ?? '');
        return this.#keys.died(line.whom ?? '');
      case 'leads':
        return this.#leads(by, line.term ?? 0);
      case 'runs a slot':
        return this.#ranSlot(line);
      case 'memory':
        return this.#measured(by, line.rss ?? 0, line.heap ?? 0);
      case 'error':
        return this.#told(line.message ?? '');
    }
  }

  /** A look into the store: what it says of an acknowledged job. @param {number} n @param {{ readonly state: string, readonly reason: string | null } | null} record */
  looked(n, record) {
    // A worker may have told meanwhile, and its record may be gone since.
    if (!this.open.has(n)) return;
    if (record === null) return this.#accuse(n, 'was acknowledged, has not ended, and is not there');
    if (record.state in flagOf) this.#ended(n, record.state, true, record.reason);
  }

  /** What must be so when all is over. @param {number} slotsUntil epoch ms */
  close(slotsUntil) {
    for (const n of this.open.keys()) this.#accuse(n, 'was acknowledged and has not ended');
    for (const gap of this.slotGaps(slotsUntil)) this.#accuse(null, gap);
  }

  /** Slots that nobody ran. @param {number} until epoch ms @returns {string[]} */
  slotGaps(until) {
    const gaps = [];
    for (const [schedule, ran] of this.slots) {
      const stepMs = Number(schedule.split(' ').at(-1));
      for (let slot = Math.min(...ran.keys()); slot <= until; slot += stepMs)
        if (!ran.has(slot)) gaps.push(`slot ${slot} of schedule '${schedule}' was not run`);
    }
    return gaps;
  }

  /** @param {import('./journal.mjs').Line} line */
  #acknowledged({ ns = [], ids = [], at }) {
    this.counts.acknowledged += ns.length;
    ns.forEach((n, i) => {
      const flags = this.#numbers.flags(n);
      this.#numbers.set(n, flags | ACKNOWLEDGED);
      if ((flags & ENDED) === 0) this.open.set(n, { id: ids[i] ?? '', at });
    });
  }

  /** @param {import('./journal.mjs').Line} line */
  #started(line) {
    const { n = 0, by } = line;
    const isExcused = this.#isExcused(by, n);
    this.counts.runs += 1;
    this.#numbers.add(n, 'starts');
    const starts = this.#numbers.count(n, 'starts');
    if (starts === 2) this.counts.again += 1;
    const { attempts } = kindOf(kindNameOf(n));
    if (starts > attempts + 1 + this.#numbers.count(n, 'returns'))
      this.#accuse(n, `was started ${starts} times; it has ${attempts} attempts`);
    if ((this.#numbers.flags(n) & ENDED) !== 0) {
      if (isExcused) this.counts.excused += 1;
      else this.#accuse(n, `was started by ${by} after it had ended`);
    }
    this.#keys.started(line, isExcused);
  }

  /**
   * A process may have stood still between its look at the lease and the call of the function: that is possible of one
   * run, and of those with keys, which pass a gate in between, of several at once.
   *
   * @param {string} by @param {number} n
   */
  #isExcused(by, n) {
    const which = this.#wakened.get(by);
    this.#wakened.delete(by);
    const hasKey = kindOf(kindNameOf(n)).limit !== undefined;
    if (which === undefined || (which === 'keyed' && !hasKey)) return false;
    if (hasKey) this.#wakened.set(by, 'keyed');
    return true;
  }

  /** What a manager told as an error is no offence. @param {string} message */
  #told(message) {
    const times = this.errors.get(message) ?? 0;
    if (times > 0 || this.errors.size < MOST_ERRORS) this.errors.set(message, times + 1);
  }

  /** @param {string} by @param {number} rss @param {number} heap */
  #measured(by, rss, heap) {
    const samples = this.memory.get(by) ?? { rss: [], heap: [] };
    this.memory.set(by, samples);
    samples.rss.push(rss);
    samples.heap.push(heap);
  }

  /** @param {number} n @param {string} state @param {boolean} isSeen in the store @param {string | null} [reason] */
  #ended(n, state, isSeen, reason) {
    const flags = this.#numbers.flags(n);
    const end = /** @type {number} */ (flagOf[state]);
    if ((flags & ENDED) !== 0) {
      const isSame = (flags & SEEN_IN_STORE) !== 0 && (flags & ENDED) === end;
      if (!isSame) this.#accuse(n, `is ${state}, and had ended before`);
      return this.#numbers.set(n, flags & ~SEEN_IN_STORE);
    }
    this.#numbers.set(n, flags | end | (isSeen ? SEEN_IN_STORE : 0));
    this.open.delete(n);
    this.counts[/** @type {'completed'} */ (state)] += 1;
    const { failures = 0 } = kindOf(kindNameOf(n));
    const hasRun = this.#numbers.count(n, 'starts') > 0;
    if (state !== 'cancelled' && !hasRun) this.#accuse(n, `is ${state}, and never ran`);
    if (state === 'completed' && failures === Infinity) this.#accuse(n, 'is completed, and always throws');
    if (state === 'failed' && failures < Infinity && reason !== 'lease-expired')
      this.#accuse(n, `is failed (${reason ?? 'told by its worker'}), and has attempts left`);
    if (state === 'cancelled' && (flags & CANCEL_ASKED) === 0) this.#accuse(n, 'is cancelled, and nobody asked for it');
  }

  /** @param {string} by @param {number} term */
  #leads(by, term) {
    const known = this.terms.get(term);
    if (known !== undefined && known !== by) this.#accuse(null, `${known} and ${by} both lead in term ${term}`);
    this.terms.set(term, by);
    if (term >= Math.max(...this.terms.keys())) this.leader = by;
  }

  /** @param {import('./journal.mjs').Line} line */
  #ranSlot({ schedule = '', slot = 0, id = '' }) {
    const ran = this.slots.get(schedule) ?? new Map();
    this.slots.set(schedule, ran);
    const known = ran.get(slot);
    if (known !== undefined && known !== id)
      this.#accuse(null, `slot ${slot} of '${schedule}' is jobs ${known} and ${id}`);
    ran.set(slot, id);
  }

  /** @param {number | null} n @param {string} what */
  #accuse(n, what) {
    if (this.offences.length < MOST_OFFENCES) this.offences.push({ n, what });
  }
}
