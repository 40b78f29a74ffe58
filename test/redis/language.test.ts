/** A server that compares texts by the rules of a language: names of places are bytes, and must not be compared so. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { claimRequest, newJob } from '../../src/store/conformance/fixtures.js';
import { redis } from '../../src/stores/redis/index.js';
import { binaryOf } from './servers/binary.js';
import { startRedis } from './servers/index.js';

const SOURCE = '/usr/share/i18n/locales/en_US';

it('given a server under en_US.UTF-8, when jobs of two queues are claimed one by one, then they come in the order in which they were due', async ({
  skip,
}) => {
  skip(!existsSync(SOURCE), `${SOURCE} is not there (Debian's package locales has it), so no language can be made`);
  const server = await startRedis({ binary: await speaking() });
  onTestFinished(() => server.stop());
  let now = 1_800_000_000_000;
  const store = redis({ url: server.url, clock: () => now });
  await store.open();
  onTestFinished(() => store.close());
  const jobs = Array.from({ length: 400 }, (_, i) =>
    newJob({ id: `job-${i}`, queue: i % 2 === 0 ? 'even' : 'odd', delayMs: 1 + 3 * i }),
  );
  await store.insert(jobs);
  now += 10_000;
  const claimed: string[] = [];
  for (;;) {
    const claim = claimRequest({ queues: ['even', 'odd'], slots: 1 });
    const reply = await store.exchange({ worker: 'w', settle: [], claim });
    if (reply.jobs.length === 0) break;
    claimed.push(...reply.jobs.map(({ id }) => id));
  }
  expect(claimed).toEqual(jobs.map(({ id }) => id));
});

/** The path of a redis-server that starts in that language. */
async function speaking(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-language-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('localedef', ['-i', 'en_US', '-f', 'UTF-8', join(folder, 'en_US.UTF-8')]);
  const path = join(folder, 'redis-server');
  const start = `exec '${(await binaryOf(undefined)).path}' "$@"`;
  writeFileSync(path, `#!/bin/sh\nexport LOCPATH='${folder}' LC_ALL=en_US.UTF-8\n${start}\n`, { mode: 0o755 });
  return path;
}
