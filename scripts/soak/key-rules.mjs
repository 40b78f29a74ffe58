/**
 * Whether the limits of constraint keys held, judged by when functions began and ended.
 *
 * A run counts against its key as long as its claim is held. From outside that is certain only of a run whose end the
 * store took: it held its claim from start to end. So each start is compared with such runs, at the latest when the
 * store has taken their end. What a worker does whose lease is over is held against nobody.
 */
import { keyOf, kindNameOf, kindOf } from './kinds.mjs';

/** The store's clock has whole milliseconds. */
const CLOCK_MS = 5;

/**
 * @typedef {object} Run
 * @property {number} n
 * @property {string} by the process
 * @property {string} key of all keys of all groups
 * @property {number} [endedAt]
 * @property {Start[]} during that began while it ran
 * @property {Start[]} soonAfter that began when its key should still have cooled down
 *
 * @typedef {object} Start
 * @property {number} n
 * @property {number} taken how many runs under its key, of which the end was taken, ran when it began
 */

export class KeyRules {
  #onBreach;
  /** Those whose end is not decided, by their name. @type {Map<string, Run>} */
  #runs = new Map();
  /** The names of them, by key. @type {Map<string, Set<string>>} */
  #byKey = new Map();
  /** When the last run under a key ended whose end was taken. @type {Map<string, number>} */
  #lastEnds = new Map();

  /** @param {(n: number, what: string) => void} onBreach */
  constructor(onBreach) {
    this.#onBreach = onBreach;
  }

  /** @param {import('./journal.mjs').Line} line @param {boolean} isExcused its process stood still since it looked at its lease */
  started({ n = 0, run = '', by, at }, isExcused) {
    const kind = kindNameOf(n);
    const ownKey = keyOf(kind, n);
    const { limit } = kindOf(kind);
    if (ownKey === null || limit === undefined) return;
    const key = `${kind}/${ownKey}`;
    const names = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, names);
    if (!isExcused) {
      const start = { n, taken: 0 };
      const isTooSoon = (/** @type {number} */ endedAt) =>
        limit.cooldownMs > 0 && at < endedAt + limit.cooldownMs - CLOCK_MS;
      if (isTooSoon(this.#lastEnds.get(key) ?? -Infinity)) this.#tooSoon(n, key);
      for (const name of names) {
        const other = /** @type {Run} */ (this.#runs.get(name));
        if (other.endedAt === undefined) other.during.push(start);
        else if (isTooSoon(other.endedAt)) other.soonAfter.push(start);
      }
    }
    this.#runs.set(run, { n, by, key, during: [], soonAfter: [] });
    names.add(run);
  }

  /** Its function has ended. @param {import('./journal.mjs').Line} line */
  ended({ run = '', at }) {
    const known = this.#runs.get(run);
    if (known !== undefined) known.endedAt = at;
  }

  /** The store took its end, or refused it. @param {string} run @param {boolean} isTaken */
  decided(run, isTaken) {
    const known = this.#runs.get(run);
    if (known === undefined) return;
    const { n, key, during, soonAfter, endedAt = 0 } = known;
    this.#runs.delete(run);
    this.#byKey.get(key)?.delete(run);
    if (!isTaken) return;
    this.#lastEnds.set(key, Math.max(endedAt, this.#lastEnds.get(key) ?? 0));
    for (const start of soonAfter) this.#tooSoon(start.n, key);
    const most = kindOf(kindNameOf(n)).limit?.maxConcurrent ?? Infinity;
    for (const start of during) {
      start.taken += 1;
      if (start.taken === most)
        this.#onBreach(
          start.n,
          `began while ${most} other${most > 1 ? 's' : ''}, job ${n} among them, held key ${key}`,
        );
    }
  }

  /** Nobody will hear how its runs ended. @param {string} by */
  died(by) {
    for (const [run, known] of this.#runs) if (known.by === by) this.decided(run, false);
  }

  /** @param {number} n @param {string} key */
  #tooSoon(n, key) {
    this.#onBreach(n, `began while key ${key} cooled down`);
  }
}
