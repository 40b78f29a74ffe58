/**
 * Mistakes that a good engineer might make, each a text that is replaced in one file: `npm run mutants` makes each of
 * them in a copy of the sources, and something must notice. So the product itself carries no switches.
 */

import { core } from './core.mjs';
import { engine } from './engine.mjs';
import { manager } from './manager.mjs';
import { memory } from './memory.mjs';

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} breaks what goes wrong
 * @property {string} file below `src`
 * @property {string} find stands there exactly once
 * @property {string} replace
 * @property {string} [killer] the test file that notices; else simulated worlds do
 */

/** @type {readonly Mutant[]} */
export const mutants = [...engine, ...core, ...memory, ...manager];

/**
 * @param {Mutant} mutant
 * @param {string} text of its file
 * @returns {string} with the mistake
 */
export function applied({ name, file, find, replace }, text) {
  const times = text.split(find).length - 1;
  if (times === 1) return text.replace(find, () => replace);
  throw new Error(
    `Mutant ${name}: its text stands ${times} times in src/${file}, and must stand there once. Bring it up to date.`,
  );
}
