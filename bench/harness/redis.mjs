/**
 * An empty Redis of a contestant's own, the same for all: nothing is written to disk, nothing else uses it. It can't
 * outlive the contestant: the kernel kills it with its parent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { readyRedis } from '../../scripts/services/redis.mjs';
import { temporaryFolder } from './contestant.mjs';

const CONFIG = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];

export async function startRedis() {
  const port = await freePort();
  const path = await readyRedis();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', path, '--port', String(port), ...CONFIG], {
    cwd: temporaryFolder(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await readiness(child);
  const client = new Redis(port);
  const info = await infoOf(client);
  return {
    port,
    /** What a contestant says of itself. */
    version: `Redis ${info.valkey_version ?? info.redis_version}`,
    /** How long its processor has worked for it, µs. */
    cpuUs: async () => {
      const { used_cpu_user, used_cpu_sys } = await infoOf(client);
      return (Number(used_cpu_user) + Number(used_cpu_sys)) * 1e6;
    },
    usedBytes: async () => Number((await infoOf(client)).used_memory),
    stop: async () => {
      client.disconnect();
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

/** Whoever takes the port in between makes the start fail, and with it the contestant. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function readiness(child) {
  const said = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (!/ready to accept connections/i.test(line)) continue;
    // It may go on to write.
    child.stdout.resume();
    return;
  }
  throw new Error(`Redis didn't start. It wrote:\n${said.join('\n')}`);
}

async function infoOf(client) {
  const lines = (await client.info()).split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => line.split(':', 2)));
}
