/**
 * Adds due times to the structure that holds the memory store's delayed jobs, and removes them one by one in another
 * order: the part of a delayed job that a `setTimeout` would be.
 */
import { expectCount, report, setting } from '../harness/contestant.mjs';
import { delays, shuffled } from './delays.mjs';
import { dueStructure } from './due-structure.mjs';

const { timers, kind } = setting();
const wanted = delays(timers, kind);
const structure = dueStructure();
const now = Date.now();

const addedAt = performance.now();
const added = wanted.map((delayMs) => structure.add(now + delayMs));
const addMs = performance.now() - addedAt;
expectCount(structure.size, timers, 'due times');

const others = shuffled(added);
const removedAt = performance.now();
for (const one of others) structure.remove(one);
const cancelMs = performance.now() - removedAt;
expectCount(structure.size, 0, 'due times');
report({
  bothUs: ((addMs + cancelMs) * 1_000) / timers,
  addUs: (addMs * 1_000) / timers,
  cancelUs: (cancelMs * 1_000) / timers,
});
