/** What the jobs of a soak are: each has a number, and that decides what it does and what may become of it. */

/**
 * @typedef {object} Kind
 * @property {number} perMille how many of a thousand jobs
 * @property {number} attempts
 * @property {number} workMs how long its function takes
 * @property {number} [failures] how many of its attempts throw
 * @property {boolean} [isCancelled] its producer cancels it as soon as it is acknowledged
 * @property {Limit} [limit]
 *
 * @typedef {object} Limit of its constraint group
 * @property {number} keys
 * @property {number} maxConcurrent
 * @property {number} cooldownMs
 */

/** @type {Readonly<Record<string, Kind>>} */
export const kinds = {
  single: { perMille: 40, attempts: 5, workMs: 2, limit: { keys: 20, maxConcurrent: 1, cooldownMs: 0 } },
  triple: { perMille: 40, attempts: 5, workMs: 4, limit: { keys: 7, maxConcurrent: 3, cooldownMs: 0 } },
  cooled: { perMille: 6, attempts: 5, workMs: 2, limit: { keys: 4, maxConcurrent: 1, cooldownMs: 100 } },
  flaky: { perMille: 20, attempts: 5, workMs: 0, failures: 1 },
  broken: { perMille: 10, attempts: 2, workMs: 1, failures: Infinity },
  long: { perMille: 4, attempts: 5, workMs: 600 },
  unwanted: { perMille: 5, attempts: 5, workMs: 5, isCancelled: true },
  quick: { perMille: 875, attempts: 5, workMs: 0 },
};

const names = Object.keys(kinds);

/** @param {number} n */
export function kindNameOf(n) {
  let dice = (Math.imul(n % 2 ** 31, 0x9e3779b1) >>> 0) % 1_000;
  for (const name of names) {
    dice -= kindOf(name).perMille;
    if (dice < 0) return name;
  }
  return 'quick';
}

/** @param {string} name */
export function kindOf(name) {
  return /** @type {Kind} */ (kinds[name]);
}

/** Under the constraint group that is named as the kind. @param {string} name @param {number} n */
export function keyOf(name, n) {
  const { limit } = kindOf(name);
  return limit === undefined ? null : `${n % limit.keys}`;
}
