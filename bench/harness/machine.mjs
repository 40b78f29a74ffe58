/** What the numbers were measured on, and with which versions. */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { here } from './places.mjs';

const versionIn = (folder) => JSON.parse(readFileSync(here(`${folder}/package.json`), 'utf8')).version;

export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    versions: {
      taskspan: versionIn('..'),
      plainjob: versionIn('node_modules/plainjob'),
      'better-sqlite3': versionIn('node_modules/better-sqlite3'),
      'better-sqlite3-13': versionIn('node_modules/better-sqlite3-13'),
      'p-queue': versionIn('node_modules/p-queue'),
      'p-limit': versionIn('node_modules/p-limit'),
      fastq: versionIn('node_modules/fastq'),
      taskbuffer: versionIn('node_modules/@push.rocks/taskbuffer'),
      bullmq: versionIn('node_modules/bullmq'),
      'bee-queue': versionIn('node_modules/bee-queue'),
      ioredis: versionIn('../node_modules/ioredis'),
      libsql: versionIn('../node_modules/libsql'),
    },
  };
}
