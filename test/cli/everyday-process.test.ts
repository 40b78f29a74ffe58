/** The commands that look after jobs, as a user runs them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { taskRef } from '../../src/index.js';
import { Command, folderWith } from './command.js';
import { run, runInShell, runOnTerminal, shop, workerOn } from './looking.js';

const dev = 'taskspan: store sqlite:.taskspan/dev.db (of taskspan dev, in this folder)\n';

describe('looking', () => {
  it('given jobs in all states, when they are listed in a pipe, then each is a whole, plain line, newest first', async () => {
    const { folder, ids } = await shop();
    const { exitCode, stdout, stderr } = await run(folder, ['ls']);
    const [, ...rows] = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([
      ids.waiting,
      ids.suspended,
      ids.cancelled,
      ids.later,
      ids.failed,
      ids.completed,
    ]);
    expect(stdout).toContain('NonRetryableError: no mailbox ada');
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe(dev);
    expect(exitCode).toBe(0);

    const json = await run(folder, ['ls', '--json', '--state', 'failed,completed', '--since', '1h']);
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { id: ids.failed, state: 'failed', errors: [{ name: 'NonRetryableError' }], result: null },
      {
        id: ids.completed,
        state: 'completed',
        labels: { team: 'media', tenant: 'acme' },
        result: { of: 'a.png', at: '1970-01-01T00:00:00.000Z' },
      },
    ]);
    const limited = await run(folder, ['ls', '--limit', '1', '--task', 'mail']);
    expect(limited.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(limited.stderr).toContain('there are more: --limit all');
  });

  it('given a terminal of 80 columns, when jobs are listed, then no line is longer, states are counted, ids are short', async () => {
    const { folder, ids } = await shop();
    const { stdout, exitCode } = await runOnTerminal(folder, 80, ['ls']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\u001b[31mfailed');
    expect(stdout).toContain(`${ids.failed.slice(24, 32)}\u001b`);
    expect(stdout).toContain('6 jobs: 2 pending (1 not due yet, 1 at a constraint), 1 suspended');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no cells
    const lines = stdout.replace(/\u001b\[\d+m/g, '').split(/\r?\n/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);

    const plain = await runOnTerminal(folder, 200, ['ls', '--task', 'mail'], { environment: { NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001b');
    expect(plain.stdout).toContain(ids.failed);
  });

  it('given a short id, when a job is shown and explained, then all is there, and what to do', async () => {
    const { folder, ids } = await shop();
    const shown = await run(folder, ['show', ids.failed.slice(24, 32)]);
    expect(shown.stdout).toMatch(/^mail {2}[\da-f-]{36}\n {2}state {4}failed \(non-retryable\)/);
    expect(shown.stdout).toContain("{ to: 'ada' }");
    expect(shown.stdout).toContain('NonRetryableError: no mailbox ada');
    expect(JSON.parse((await run(folder, ['show', ids.failed, '--json'])).stdout)).toMatchObject({ id: ids.failed });

    const explained = await run(folder, ['explain', ids.waiting]);
    expect(explained.stdout).toMatch(/No worker is alive on this store: start one\.\n {2}→ taskspan worker FILE\n/);
    expect(JSON.parse((await run(folder, ['explain', ids.suspended, '--json'])).stdout)).toMatchObject({
      jobId: ids.suspended,
      causes: [{ code: 'suspended', advice: expect.stringContaining('resume') }],
    });

    const missing = await run(folder, ['show', 'ffffffff']);
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(missing.stderr).toContain("there is no job 'ffffffff'");
  });

  it('given a reader that has seen enough, when it goes, then the command ends quietly', async () => {
    const { folder } = await shop();
    const line = 'taskspan ls --json | true; echo ${PIPESTATUS[0]}';
    const { stdout, stderr } = await runInShell(folder, line);
    expect(stdout.trim()).toBe('0');
    expect(stderr).toBe(dev);
  });
});

describe('the store', () => {
  it('given none, or a slip of the pen, when jobs are listed, then that is said in a line, and no file is made', async () => {
    const folder = await folderWith({ 'notes.txt': 'no database' });
    const nowhere = await run(folder, ['ls']);
    expect(nowhere).toMatchObject({ exitCode: 2, stdout: '' });
    expect(nowhere.stderr).toMatch(/^taskspan: which store\? Give --url \(for example --url sqlite:\.\/tasks\.db\)/);
    const slip = await run(folder, ['doctor', '--json'], { environment: { TASKSPAN_URL: 'sqlite:tsaks.db' } });
    expect(slip).toMatchObject({ exitCode: 1, stdout: '' });
    expect(slip.stderr).toBe(
      "taskspan: store sqlite:tsaks.db (TASKSPAN_URL)\ntaskspan: There is no store 'tsaks.db': no such file. Is the path right from this folder?\n",
    );
    expect(existsSync(join(folder, 'tsaks.db'))).toBe(false);
    const text = await run(folder, ['ls', '--url', 'sqlite:notes.txt']);
    expect(text).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^taskspan: 'notes\.txt' is not an SQLite.*\n$/),
    });
    expect((await run(folder, ['ls', '--url', 'memory:'])).exitCode).toBe(2);
  });

  it('given a file that is not there, when a job is enqueued, then it is made, and that is said', async () => {
    const folder = await folderWith({});
    const bad = await run(folder, ['enqueue', 'greet', '{"name": }', '--url', 'sqlite:new.db']);
    expect(bad).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('(line 1, column 10)') });
    expect(existsSync(join(folder, 'new.db'))).toBe(false);
    const made = await run(folder, ['enqueue', 'greet', '{"name": "Ada"}', '--url', 'sqlite:new.db']);
    expect(made.stdout).toMatch(/^[\da-f-]{36}\n$/);
    expect(made.stderr).toContain('sqlite:new.db is a new store');
  });
});

describe('enqueue', () => {
  it('given options, when a job is made, then it has them, and a second one under its key is the same', async () => {
    const { folder } = await shop();
    const args = ['enqueue', 'greet', '-', '--queue', 'q', '--in', '5m', '--priority', '-3', '--label', 'a=b'];
    const keyed = [...args, '--idempotency-key', 'k', '--attempts', '7'];
    const first = await run(folder, keyed, { input: '{"name": "Ada"}' });
    const second = await run(folder, [...keyed, '--json'], { input: '{"name": "Ada"}' });
    expect(JSON.parse(second.stdout)).toEqual({ id: first.stdout.trim(), isNew: false });
    const shown = await run(folder, ['show', first.stdout.trim(), '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      task: 'greet',
      queue: 'q',
      input: { name: 'Ada' },
      priority: -3,
      maxAttempts: 7,
      labels: { a: 'b' },
      placement: 'delayed',
    });
    const other = await run(folder, keyed, { input: '{"name": "Bob"}' });
    expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Idempotency key 'k' belongs to") });
  });

  it('given a day alone, when a job is made for it, then it is due at midnight by the wall clock here', async () => {
    const { folder } = await shop();
    const environment = { TZ: 'Asia/Kolkata' };
    const made = await run(folder, ['enqueue', 'greet', '--at', '2030-01-31'], { environment });
    const shown = await run(folder, ['show', made.stdout.trim(), '--json']);
    expect(new Date(JSON.parse(shown.stdout).dueAt)).toEqual(new Date('2030-01-30T18:30Z'));
    const refused = await run(folder, ['enqueue', 'greet', '--at', '2030-02-31'], { environment });
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('that month has no day 31') });
  });

  it('given --wait, when the job ends, then its result or its error is told by output and exit code', async () => {
    const { folder } = await shop();
    await workerOn(folder);
    const greeted = await run(folder, ['enqueue', 'greet', '{"name": "Ada"}', '--wait']);
    expect(greeted).toMatchObject({ exitCode: 0, stdout: 'Hello, Ada!\n' });
    const failed = await run(folder, ['enqueue', 'fails', '--wait', '--json']);
    expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not today') });
    expect(JSON.parse(failed.stdout)).toMatchObject({ isNew: true, state: 'failed', reason: 'non-retryable' });
    const slow = await run(folder, ['enqueue', 'sleeps', '--wait', '--timeout', '50ms']);
    expect(slow).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('given --wait, when it is interrupted, then it exits with 130, and the job goes on', async () => {
    const { folder } = await shop();
    const command = new Command(folder, ['enqueue', 'sleeps', '--wait']);
    const [, id] = (await command.prints(/waiting for (\S+)/)) as unknown as [string, string];
    command.signal('SIGINT');
    expect(await command.ended).toBe(130);
    expect(command.output).toContain(`taskspan show ${id}`);
    expect(JSON.parse((await run(folder, ['show', id, '--json'])).stdout)).toMatchObject({ state: 'pending' });
  });
});

describe('cancel and retry', () => {
  it('given ids, when they are acted on, then each is answered, and what could not be done fails', async () => {
    const { folder, ids } = await shop();
    const retried = await run(folder, ['retry', ids.failed, ids.waiting.slice(24, 32), 'nonsense']);
    expect(retried).toMatchObject({ exitCode: 1, stdout: `${ids.failed} retried\n` });
    expect(retried.stderr).toMatch(/can't retry [\da-f]{8}: it has not ended \(pending\)/);
    expect(retried.stderr).toContain("there is no job 'nonsense'.");
    const vague = await run(folder, ['cancel', ids.later, 'abc']);
    expect(vague).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('too short') });
    const cancelled = await run(folder, ['cancel', ids.later, ids.cancelled, '--json']);
    expect(cancelled.exitCode).toBe(0);
    expect(JSON.parse(cancelled.stdout)).toEqual({
      action: 'cancel',
      changed: 1,
      jobs: [
        { id: ids.later, outcome: 'done', state: 'pending' },
        { id: ids.cancelled, outcome: 'unchanged', state: 'cancelled' },
      ],
    });
  });

  it('given a filter in a pipe, when it is acted on, then --all and --yes are asked for, and --dry-run changes nothing', async () => {
    const { folder } = await shop();
    expect((await run(folder, ['cancel'])).stderr).toContain('cancel which jobs?');
    expect(await run(folder, ['cancel', '--yes'])).toMatchObject({ exitCode: 2 });
    expect(await run(folder, ['cancel', '--all'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect((await run(folder, ['cancel', '--all', '--dry-run'])).stdout).toBe('3 jobs would be cancelled\n');
    expect((await run(folder, ['cancel', '--task', 'mail', '--yes'])).stdout).toBe('2 jobs cancelled\n');
    expect((await run(folder, ['cancel', '--all', '--yes', '--json'])).stdout).toContain('"changed": 1');
    // What had completed is not done again unasked.
    expect((await run(folder, ['retry', '--all', '--dry-run'])).stdout).toBe('1 job would be retried\n');
    expect(await run(folder, ['retry', '--state', 'running'])).toMatchObject({ exitCode: 2 });
  });

  it('given a terminal and many jobs, when a filter is acted on, then it asks, and no is no', async () => {
    const { folder } = await shop();
    const store = await workerOn(folder);
    await store.enqueueMany(taskRef('greet'), Array(11).fill({ name: 'x' }), { in: '1h' });
    const asked = await runOnTerminal(folder, 80, ['cancel', '--task', 'greet'], { input: 'n\n' });
    expect(asked.stdout).toContain('Cancel 11 jobs (pending, running, suspended)? [y/N]');
    expect(asked.exitCode).toBe(1);
    expect(await store.count({ task: 'greet' })).toMatchObject({ pending: 11 });
    const agreed = await runOnTerminal(folder, 80, ['cancel', '--task', 'greet'], { input: 'y\n' });
    expect(agreed.stdout).toContain('11 jobs cancelled');
    expect(await store.count({ task: 'greet' })).toMatchObject({ cancelled: 11 });
  });
});

describe('queues and schedules', () => {
  it('given a queue, when it is paused and resumed, then that is so, and an unknown one is pointed out', async () => {
    const { folder, ids } = await shop();
    expect((await run(folder, ['pause', 'default'])).stdout).toBe("queue 'default' is paused; 1 job waits there\n");
    expect((await run(folder, ['explain', ids.waiting])).stdout).toContain('→ taskspan resume default');
    expect(JSON.parse((await run(folder, ['resume', 'default', '--json'])).stdout)).toEqual({
      queue: 'default',
      paused: false,
      pending: 1,
      running: 0,
    });
    const typo = await run(folder, ['pause', 'defautl']);
    expect(typo).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("nobody knows queue 'defautl'") });
  });

  it('given schedules, when they are listed, foreseen, triggered and removed, then that is done', async () => {
    const { folder } = await shop();
    const listed = await run(folder, ['schedule', 'ls']);
    expect(listed.stdout).toMatch(
      /nightly +resize +0 2 \* \* \* +Europe\/Berlin +in \d+[hm]\w* +never +skip +latest +none/,
    );
    const next = await run(folder, ['schedule', 'next', 'nightly', '-n', '2']);
    expect(next.stdout.trim().split('\n')).toHaveLength(2);
    expect(next.stdout).toMatch(/^\d{4}-\d\d-\d\d 02:00:00 Europe\/Berlin {2}in/);
    const id = (await run(folder, ['schedule', 'trigger', 'nightly'])).stdout.trim();
    expect(JSON.parse((await run(folder, ['show', id, '--json'])).stdout)).toMatchObject({
      task: 'resize',
      input: { path: 'c.png' },
      schedule: { id: 'nightly' },
    });
    const slip = await run(folder, ['schedule', 'trigger', 'nihgtly']);
    expect(slip).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Did you mean 'nightly'?") });
    expect((await run(folder, ['schedule', 'rm', 'nightly'])).exitCode).toBe(0);
    expect((await run(folder, ['schedule', 'rm', 'nightly'])).exitCode).toBe(1);
    expect(JSON.parse((await run(folder, ['schedule', 'ls', '--json'])).stdout)).toMatchObject([
      { id: 'hourly', hasWorker: false, rule: { kind: 'every' } },
    ]);
  });
});

describe('doctor', () => {
  it('given jobs and nobody at work, when it looks, then it finds that, and exits with 1', async () => {
    const { folder } = await shop();
    const { exitCode, stdout } = await run(folder, ['doctor']);
    expect(stdout).toMatch(/^taskspan \S+, Node \S+\nsqlite \.taskspan\/dev\.db, durability durable, driver /);
    expect(stdout).toMatch(/✗ problem no-worker\n {2}No worker is alive, and 1 due job waits\.\n {2}→ Start one/);
    expect(exitCode).toBe(1);
  });

  it('given a worker for all that waits, when it looks, then nothing is wrong', async () => {
    const { folder } = await shop();
    await run(folder, ['cancel', '--all', '--yes']);
    for (const id of ['nightly', 'hourly']) await run(folder, ['schedule', 'rm', id]);
    await workerOn(folder);
    const { exitCode, stdout } = await run(folder, ['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      workers: 1,
      store: { kind: 'sqlite', durability: 'durable' },
    });
    expect(exitCode).toBe(0);
    expect((await run(folder, ['doctor'])).stdout).toMatch(/✓ nothing is wrong\n$/);
  });
});

describe('a command line that is wrong', () => {
  it.each([
    ['an unknown option', ['ls', '--quue', 'x'], /Did you mean --queue\?/],
    ['no id', ['show'], /missing required argument 'ID'/],
    ['ids and a filter', ['cancel', 'abcdef01', '--task', 'x'], /not both/],
    ['an unknown command of schedule', ['schedule', 'lst'], /unknown command 'lst'/],
  ])('given %s exits with 2 and says why', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await run(await folderWith({ '.taskspan/dev.db': '' }), args);
    expect(stderr).toMatch(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});
