/**
 * Where redis-server is: on the PATH. Where it is missing and this is Debian with root, its package is installed first;
 * elsewhere nothing is, and the error says what to install.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A server other than Redis that speaks the same, as `valkey-server`: its name or path. */
const REDIS_SERVER = process.env.REDIS_SERVER ?? 'redis-server';

/**
 * Resolves with the path of the server.
 *
 * @param {string} [name] a name on the PATH, or a path
 * @returns {Promise<string>}
 */
export async function readyRedis(name = REDIS_SERVER) {
  const found = onPath(name);
  if (found !== undefined) return found;
  if (name !== 'redis-server' || !canInstall()) throw new Error(missing(name));
  console.error('redis-server is missing: installing its Debian package …');
  await install();
  const installed = onPath(name);
  if (installed === undefined) throw new Error(missing(name));
  return installed;
}

/** @param {string} name */
function onPath(name) {
  const candidates = name.includes('/') ? [name] : folders().map((folder) => join(folder, name));
  return candidates.find(isExecutable);
}

function folders() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get') !== undefined;
}

/** The lock is the kernel's, and ends with its holder: processes that come at the same time install once. */
function install() {
  const lock = join(tmpdir(), 'taskspan-services.lock');
  const script = fileURLToPath(new URL('install.sh', import.meta.url));
  return new Promise((resolve, reject) => {
    execFile('flock', [lock, 'sh', script], { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (error === null) return resolve(undefined);
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n');
      reject(new Error(`${missing('redis-server')} Installing it failed:\n${said}`, { cause: error }));
    });
  });
}

/** @param {string} name */
function missing(name) {
  return name === 'redis-server'
    ? 'redis-server is not on the PATH. Install Redis 6.2 or later (Debian, Ubuntu: apt-get install redis-server).'
    : `${name} is not there. Install it, or leave REDIS_SERVER away for redis-server.`;
}
