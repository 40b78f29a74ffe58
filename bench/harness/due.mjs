/** Jobs that come due at one instant, which has to lie behind the time that filling takes. */

/** @param {number} leadMs */
export function dueIn(leadMs) {
  const dueAt = Date.now() + leadMs;
  const dueNow = performance.now() + leadMs;
  return {
    /** Epoch ms. */
    dueAt,
    isEarly: () => Date.now() < dueAt,
    /** To be asked when all is filled and the worker waits. */
    expectAhead() {
      if (Date.now() > dueAt) throw new Error(`Filling took longer than the ${leadMs} ms that jobs were delayed by.`);
    },
    perSecond: (count, endedAt) => (count / (endedAt - dueNow)) * 1_000,
  };
}
