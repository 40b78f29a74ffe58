/** The same delays and the same order of cancelling for all contestants, from a fixed seed. */

/** Long: none comes due while it is measured. */
const FROM_MS = 3_600_000;
const SPREAD_MS = 3_600_000;

/** @param {'spread' | 'same'} kind over an hour, or all equal, which is the best case of the platform's timers */
export function delays(count, kind) {
  const random = randomNumbers(1);
  return Array.from({ length: count }, () => FROM_MS + (kind === 'same' ? 0 : Math.floor(random() * SPREAD_MS)));
}

export function shuffled(items) {
  const random = randomNumbers(2);
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** A linear congruential generator: 32 bits of state are enough to spread delays. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
