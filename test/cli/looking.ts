/** Commands that look into a store and end: real processes, in a pipe or on a terminal, on a store with jobs of all kinds. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { NonRetryableError, TaskConstraintGroup, TaskManager, task } from '../../src/index.js';
import { folderWith } from './command.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  readonly exitCode: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const colourless = (): NodeJS.ProcessEnv => {
  const { TASKSPAN_URL: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
  return inherited;
};

/** Runs to the end, in pipes. */
export function run(folder: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return outcomeOf(process.execPath, [cli, ...args], folder, options);
}

/** Runs to the end on a terminal of so many columns; what it prints is all in `stdout`, as the terminal gets it. */
export function runOnTerminal(
  folder: string,
  columns: number,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const quoted = [process.execPath, cli, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const environment = { TERM: 'xterm', ...options.environment };
  return outcomeOf('script', ['-qec', `stty cols ${columns}; ${quoted}`, '/dev/null'], folder, {
    ...options,
    environment,
  });
}

/** Runs a line of the shell, in which `taskspan` is the command. */
export function runInShell(folder: string, line: string): Promise<Outcome> {
  return outcomeOf('bash', ['-c', `taskspan() { "${process.execPath}" "${cli}" "$@"; }; ${line}`], folder, {});
}

async function outcomeOf(
  program: string,
  args: readonly string[],
  cwd: string,
  { input = '', environment = {} }: RunOptions,
): Promise<Outcome> {
  const child = spawn(program, args, { cwd, env: { ...colourless(), ...environment } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const exitCode = await new Promise<Outcome['exitCode']>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { exitCode, stdout, stderr };
}

export interface Shop {
  readonly folder: string;
  /** By what became of them. */
  readonly ids: Readonly<Record<'completed' | 'failed' | 'cancelled' | 'suspended' | 'later' | 'waiting', string>>;
}

/** A folder with `.taskspan/dev.db`: a job in each state that one can rest in, two schedules, and nobody at work. */
export async function shop(): Promise<Shop> {
  const folder = await folderWith({ '.taskspan/.gitignore': '*\n' });
  const resize = task('resize', async (input: { path: string }) => ({ of: input.path, at: new Date(0) }), {
    queue: 'images',
    labels: { team: 'media' },
  });
  const mail = task('mail', (input: { to: string }) => {
    throw new NonRetryableError(`no mailbox\u001b[2J ${input.to}`);
  });
  const one = new TaskConstraintGroup({ name: 'one', maxConcurrent: 1, constraintKeyForExecution: () => 'x' });
  const manager = new TaskManager({ store: `sqlite:${folder}/.taskspan/dev.db`, tasks: [resize, mail] });
  await manager.start();
  const completed = await manager.enqueue(resize, { path: 'a.png' }, { labels: { tenant: 'acme' } });
  const failed = await manager.enqueue(mail, { to: 'ada' });
  await completed.result();
  await failed.result().catch(() => {});
  await manager.stop();
  const later = await manager.enqueue(resize, { path: 'b.png' }, { in: '2h' });
  const cancelled = await manager.enqueue(mail, { to: 'bob' });
  await cancelled.cancel();
  const suspended = await manager.enqueue(mail, { to: 'eve' });
  await manager.suspend(suspended.id);
  manager.addConstraintGroup(one);
  const waiting = await manager.enqueue(mail, { to: 'joe' });
  await manager.schedule(resize, { path: 'c.png' }, { id: 'nightly', cron: '0 2 * * *', timeZone: 'Europe/Berlin' });
  await manager.schedule(mail, { to: 'all' }, { id: 'hourly', every: '1h' });
  await manager.close();
  const handles = { completed, failed, cancelled, suspended, later, waiting };
  const ids = Object.fromEntries(Object.entries(handles).map(([name, { id }]) => [name, id])) as Shop['ids'];
  return { folder, ids };
}

/** A worker of this process on the folder's store, until the test ends. */
export async function workerOn(folder: string): Promise<TaskManager> {
  const greet = task('greet', async (input: { name: string }) => `Hello, ${input.name}!`);
  const fails = task('fails', () => Promise.reject(new NonRetryableError('not today')));
  const sleeps = task('sleeps', (_: unknown, ctx) => sleep(60_000, null, { signal: ctx.signal }));
  const manager = new TaskManager({
    store: `sqlite:${folder}/.taskspan/dev.db`,
    tasks: [greet, fails, sleeps],
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  onTestFinished(() => manager.close({ timeout: 0 }));
  await manager.start();
  return manager;
}
