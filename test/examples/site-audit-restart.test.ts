/**
 * The site audit in its own process, killed with `kill -9` in the middle, goes on where it was: same
 * pages, same findings as without the kill, and nothing that had ended is asked for again.
 */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditProcess, auditToEnd, cli, endedChecks, findingsOf } from './audit-process.js';
import { CountedSite } from './counted-site.js';

const fixture = fileURLToPath(new URL('fixture-site', import.meta.url));

// A killed worker's jobs come back when their leases have ended, so each kill may cost that long.
const patienceMs = 240_000;

// `npm test` builds first; without a build there is no command to kill.
describe.runIf(existsSync(cli))('a site audit', { timeout: patienceMs }, () => {
  let folder: string;
  let target: string;
  let running: AuditProcess[];
  let site: CountedSite | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'site-audit-'));
    // A folder is served on a port that comes of its path: another test that audits the fixture has the fixture's.
    target = join(folder, 'site');
    await cp(fixture, target, { recursive: true });
    running = [];
  });

  afterEach(async () => {
    for (const audit of running) await audit.kill();
    await site?.stop();
    site = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const newFolder = (): Promise<string> => mkdtemp(join(folder, 'run-'));
  const start = (...args: ConstructorParameters<typeof AuditProcess>): AuditProcess => {
    const audit = new AuditProcess(...args);
    running.push(audit);
    return audit;
  };

  it('killed again and again ends as one that was left alone', async () => {
    site = new CountedSite(80);
    const url = await site.start();
    const undisturbed = await auditToEnd(await newFolder(), url);
    expect(undisturbed.summary).toMatchObject({ pages: 80, unreachable: 0, leftOut: 0 });
    expect(undisturbed.summary.errors).toBeGreaterThan(5);
    const { total } = site;
    site.forget();

    const cwd = await newFolder();
    const endedAtKill = new Map<string, { askedBefore: number; was: object }>();
    for (const share of [0.1, 0.3, 0.6]) {
      const audit = start(cwd, '--once', url);
      await Promise.race([site.reached(Math.round(total * share)), audit.exited]);
      await audit.kill();
      const asked = site.asked;
      for (const check of await endedChecks(cwd)) {
        const known = endedAtKill.get(check.id);
        const path = new URL(check.url).pathname;
        const askedBefore = (asked.get(`GET ${path}`) ?? 0) + (asked.get(`HEAD ${path}`) ?? 0);
        if (known !== undefined) expect({ askedBefore, was: check }).toEqual(known);
        endedAtKill.set(check.id, { askedBefore, was: check });
      }
    }
    expect(endedAtKill.size).toBeGreaterThan(10);

    const resumed = await auditToEnd(cwd, url);
    expect(findingsOf(resumed)).toEqual(findingsOf(undisturbed));
    const ended = await endedChecks(cwd);
    // One job for each address, and what had ended before a kill is as it was then and wasn't asked again.
    expect(new Set(ended.map((check) => check.url)).size).toBe(ended.length);
    expect(ended.map((check) => check.url).sort()).toEqual(undisturbed.checks.map((check) => check.url).sort());
    const asked = site.asked;
    for (const check of ended) {
      const known = endedAtKill.get(check.id);
      if (known === undefined) continue;
      const path = new URL(check.url).pathname;
      expect({ askedBefore: (asked.get(`GET ${path}`) ?? 0) + (asked.get(`HEAD ${path}`) ?? 0), was: check }).toEqual(
        known,
      );
    }
  });

  it('of a folder has the same addresses after a kill', async () => {
    for (let i = 0; i < 60; i++)
      await writeFile(
        join(target, `extra-${i}.md`),
        `# Extra ${i}\n\n[Next](extra-${(i + 1) % 60}.md#extra-${(i + 1) % 60})\n`,
      );
    const undisturbed = await auditToEnd(await newFolder(), target);

    const cwd = await newFolder();
    const audit = start(cwd, '--once', target);
    let ended = 0;
    // Looks until some checks have ended; the audit runs meanwhile, so the store is shared with it.
    await Promise.race([
      audit.exited,
      (async () => {
        while (ended < 15) ended = (await endedChecks(cwd)).length;
      })(),
    ]);
    await audit.kill();
    expect(ended).toBeGreaterThanOrEqual(15);
    expect(ended).toBeLessThan(undisturbed.checks.length);
    const resumed = await auditToEnd(cwd, target);
    expect(resumed.audit.start).toBe(undisturbed.audit.start);
    expect(findingsOf(resumed)).toEqual(findingsOf(undisturbed));
  });

  it('killed while it writes its report leaves a whole one in the end', async () => {
    const cwd = await newFolder();
    const audit = start(cwd, '--once', target);
    while (!(await readdir(cwd)).some((name) => name.startsWith('report'))) {
      if ((await Promise.race([audit.exited, new Promise((resolve) => setImmediate(resolve))])) !== undefined) break;
    }
    await audit.kill();
    const report = await auditToEnd(cwd, target);
    expect(report.summary.pages).toBe(7);
    expect((await readFile(join(cwd, 'report.html'), 'utf8')).endsWith('</html>\n')).toBe(true);
    expect((await readdir(cwd)).filter((name) => name.startsWith('report')).sort()).toEqual([
      'report.html',
      'report.json',
    ]);
  });

  it('that is unfinished says clearly if another program has its port', async () => {
    const cwd = await newFolder();
    const report = await auditToEnd(cwd, target);
    const other = createServer((_, response) => response.end('other'));
    await new Promise<void>((resolve) => other.listen(Number(new URL(report.audit.start).port), '127.0.0.1', resolve));
    try {
      const audit = start(cwd, '--once', target);
      expect(await audit.exited).not.toBe(0);
      expect(audit.output).toMatch(/Port \d+, on which .* is taken by another program/);
    } finally {
      other.closeAllConnections();
      other.close();
    }
    expect((await auditToEnd(cwd, target)).summary).toEqual(report.summary);
  });
});
