/** Another process that owns servers: what becomes of them when it ends? */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const PROGRAM = `
  import { startRedis } from './redis.js';
  const servers = [await startRedis(), await startRedis()];
  servers[1].pause();
  process.send(servers.map((server) => server.pid));
  setInterval(() => {}, 60_000);
`;

export interface Owner {
  readonly process: ChildProcess;
  /** Of its two servers; the second stands still. */
  readonly pids: readonly number[];
}

export async function startOwner(): Promise<Owner> {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-owner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'owner.mjs');
  await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL('servers', import.meta.url)) },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    // Some dependencies are CommonJS, and ask for Node's modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const child = fork(file, { execArgv: ['--no-warnings'], env: { ...process.env, TMPDIR: folder } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [pids] = (await once(child, 'message')) as [number[]];
  return { process: child, pids };
}
