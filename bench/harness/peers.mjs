/**
 * Installs the peers. plainjob takes any better-sqlite3: 13 comes built but wants Node 22, so on an older Node it gets 12,
 * which wants a compiler. 12 in turn aborts on Node 24.19 and later.
 *
 * taskbuffer's web part, which is not loaded, and some of its newest dependencies can't be installed everywhere: the
 * `overrides` in package.json put others in their place.
 *
 * Install scripts are not run: npm would build 12 for the Node that it finds first in the PATH, which may be another.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { here, nodes, versionOf } from './places.mjs';

const peers = Object.keys(JSON.parse(readFileSync(here('package.json'), 'utf8')).dependencies);

export function readyPeers() {
  if (peers.some((peer) => !existsSync(here(`node_modules/${peer}`)))) {
    console.log('Installing the peers into bench/ …');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], here('.'));
  }
  const folder = here('node_modules/better-sqlite3');
  const isOld = Number.parseInt(versionOf(nodes.this).slice(1), 10) < 22;
  if (!isOld || existsSync(join(folder, 'build/Release/better_sqlite3.node'))) return;
  console.log("Building the peer's SQLite: once, a few minutes …");
  const prefix = dirname(dirname(nodes.this));
  const headers = existsSync(join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : [];
  run(nodes.this, [nodeGyp(), 'rebuild', '--release', ...headers], folder);
}

/** The one that comes with npm. */
function nodeGyp() {
  const npm = process.env.npm_execpath ?? join(textOf('npm', ['root', '-g']), 'npm/bin/npm-cli.js');
  return join(dirname(npm), '../node_modules/node-gyp/bin/node-gyp.js');
}

const textOf = (command, args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

/** A compiler's warnings are shown only if it fails. */
function run(command, args, cwd) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return;
  console.error(stderr);
  throw new Error(`${command} ${args.join(' ')} failed in ${cwd}.`, { cause: error });
}
