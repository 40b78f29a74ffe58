/** The same by the platform's timers: `setTimeout` for each, then `clearTimeout` for each. */
import { report, setting } from '../harness/contestant.mjs';
import { delays, shuffled } from './delays.mjs';

const { timers, kind } = setting();
const wanted = delays(timers, kind);
const ring = () => {};

const addedAt = performance.now();
const added = wanted.map((delayMs) => setTimeout(ring, delayMs));
const addMs = performance.now() - addedAt;

const others = shuffled(added);
const removedAt = performance.now();
for (const one of others) clearTimeout(one);
const cancelMs = performance.now() - removedAt;
report({
  bothUs: ((addMs + cancelMs) * 1_000) / timers,
  addUs: (addMs * 1_000) / timers,
  cancelUs: (cancelMs * 1_000) / timers,
});
