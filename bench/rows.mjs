/** The rows, in the order in which they are measured and shown. */
import { row as backlog } from './backlog/row.mjs';
import { row as heap } from './heap/row.mjs';
import { row as memory } from './memory/row.mjs';
import { row as sqliteDrain } from './sqlite-drain/row.mjs';
import { row as sqliteEnqueue } from './sqlite-enqueue/row.mjs';
import { row as sqliteLatency } from './sqlite-latency/row.mjs';
import { row as timers } from './timers/row.mjs';

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {'this' | 'node24'} node the Node that npm runs on, or Node 24
 * @property {string} script in the row's folder; prints one line of JSON: a number for each measure, and texts about itself
 * @property {Record<string, number>} size how much work; `--scale` multiplies it
 * @property {Record<string, unknown>} [args]
 * @property {readonly string[]} [flags] of Node
 * @property {string} setting in words
 */

/**
 * @typedef {object} Comparison
 * @property {string} name
 * @property {string} ours a contestant
 * @property {readonly string[]} [peers] contestants: the best of them counts, and ours is shown as a multiple of it
 * @property {string} measure
 * @property {'value' | 'ratio'} [by] what floor and goal are about; default: the ratio if there are peers
 * @property {number} [floor]
 * @property {number} [goal] neither: shown for comparison
 */

/**
 * @typedef {object} Row
 * @property {string} title
 * @property {string} work
 * @property {Record<string, { readonly unit: string, readonly better: 'more' | 'less' }>} measures
 * @property {readonly Contestant[]} contestants
 * @property {readonly Comparison[]} comparisons
 */

/** @type {Record<string, Row>} */
export const rows = {
  'sqlite-drain': sqliteDrain,
  'sqlite-enqueue': sqliteEnqueue,
  'sqlite-latency': sqliteLatency,
  memory,
  backlog,
  heap,
  timers,
};
