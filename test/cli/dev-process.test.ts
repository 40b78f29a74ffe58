/** `taskspan dev`: what it prints, and when it starts anew. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaskManager } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { Command, folderWith, outcomeOf } from './command.js';

const hello = (name: string): string => `import { type Main, task } from 'taskspan';
export const hello = task('hello', async (input: { name: string }) => console.log(\`Hello, \${input.name}!\`));
export default (async ({ manager }) => {
  await manager.schedule(hello, { name: '${name}' }, { id: 'hello', every: '100ms' });
}) satisfies Main;
`;

describe('dev', () => {
  it('runs eight lines in an empty folder, and says what, where and how safe', async () => {
    const text = hello('world');
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(8);
    const folder = await folderWith({ 'tasks.ts': text });
    const dev = new Command(folder, ['dev', 'tasks.ts']);
    await dev.prints(/^taskspan \d+\.\d+\.\d+ · sqlite \.taskspan\/dev\.db · durability: durable\ntasks: hello\n/);
    await dev.prints(/Hello, world!\n/);
    await dev.prints(/^\d\d:\d\d:\d\d ✓ hello {2}[\da-f]{8} +\d+ms$/m);
    expect(await readFile(join(folder, '.taskspan/.gitignore'), 'utf8')).toBe('*\n');
    dev.signalGroup('SIGINT');
    expect(await dev.ended).toBe(0);
  });

  it('prints a line for each way in which a job may end', async () => {
    const folder = await folderWith({
      'tasks.ts': `import { DiscardError, type Main, task } from 'taskspan';
export const good = task('good', () => 1);
export const bad = task('bad', () => {
  throw new Error('boom\\nand more');
}, { retry: { attempts: 2, backoff: 10 } });
export const slow = task('slow', (_input: void, ctx) => new Promise((_, reject) => {
  ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
  console.log('slow runs');
}));
export default (async ({ manager }) => {
  await (await manager.enqueue(good)).result();
  await (await manager.enqueue(bad)).result().catch(() => {});
  const job = await manager.enqueue(slow);
  manager.on('started', () => void job.cancel());
  return 'exit';
}) satisfies Main;
`,
    });
    const { exitCode, output } = await outcomeOf(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    expect(output).toMatch(/ ✓ good {2}[\da-f]{8} +\d+ms\n/);
    expect(output).toMatch(/ ↻ bad {3}[\da-f]{8} +\d+ms {2}boom \(tasks\.ts:4\); again in \d+ms\n/);
    expect(output).toMatch(/ ✗ bad {3}[\da-f]{8} +\d+ms {2}attempt 2\/2 {2}boom \(tasks\.ts:4\)\n/);
    expect(output).toMatch(/ – slow {2}[\da-f]{8} +\d+ms {2}cancelled\n/);
    expect(output).not.toContain('\u001b');
    expect(exitCode).toBe(0);
  });

  it('takes its store from TASKSPAN_URL, and from --url before that', async () => {
    const folder = await folderWith({
      'tasks.ts':
        "import { task } from 'taskspan';\nexport const t = task('t', () => 1);\nexport default () => 'exit';\n",
    });
    const environment = { TASKSPAN_URL: 'sqlite:./mine.db' };
    expect((await outcomeOf(folder, ['dev', 'tasks.ts'], environment)).output).toContain('· sqlite mine.db ·');
    expect((await outcomeOf(folder, ['dev', '--url', 'memory:', 'tasks.ts'], environment)).output).toContain(
      '· memory · durability: none',
    );
  });

  it('starts anew when a file that it loaded changes', async () => {
    const folder = await folderWith({
      'tasks.ts': `import { task } from 'taskspan';
import { name } from './lib/name.js';
export const t = task('t', () => 1);
export default () => console.log('name is', name);
`,
      'lib/name.ts': "export const name = 'first';\n",
    });
    const dev = new Command(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    await dev.prints(/name is first\n/);
    await writeFile(join(folder, 'lib/name.ts'), "export const name = 'second';\n");
    await dev.prints(/lib\/name\.ts changed; starting anew\.\n/);
    await dev.prints(/name is second\n/);
  });

  it('gives running work back at no attempt when it starts anew', async () => {
    const text = (ending: string): string => `import { type Main, task } from 'taskspan';
export const slow = task('slow', async (_input: void, ctx) => {
  console.log('attempt', ctx.attempt);
  ${ending}
}, { retry: { attempts: 1 } });
export default (async ({ manager }) => {
  const job = await manager.enqueue(slow, undefined, { idempotencyKey: 'one' });
  console.log('job', job.id);
  await job.result();
  console.log('it is done');
}) satisfies Main;
`;
    const folder = await folderWith({ 'tasks.ts': text('await new Promise(() => {});') });
    const dev = new Command(folder, ['dev', '--timeout', '0', 'tasks.ts']);
    const [, id] = await dev.prints(/job (\S+)\n/);
    await dev.prints(/attempt 1\n/);
    await writeFile(join(folder, 'tasks.ts'), text(''));
    await dev.prints(/ ↩ slow .* given back\n/);
    await dev.prints(/attempt 1\n/);
    await dev.prints(/it is done\n/);
    dev.signal('SIGTERM');
    expect(await dev.ended).toBe(0);
    const manager = new TaskManager({ store: `sqlite:${join(folder, '.taskspan/dev.db')}`, work: false });
    expect(await manager.get(id as string)).toMatchObject({ state: 'completed', attempt: 1 });
    await manager.close();
  });

  it('waits after a syntax error, and goes on when it is mended', async () => {
    const folder = await folderWith({ 'tasks.ts': 'export const x: = 1;\n' });
    const dev = new Command(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    await dev.prints(/tasks\.ts:1:17: Unexpected token/);
    await dev.prints(/Waiting for a change/);
    await writeFile(join(folder, 'tasks.ts'), hello('mended'));
    await dev.prints(/Hello, mended!/);
    // And the same in the middle of a session, where a failure of any kind is waited for.
    await writeFile(join(folder, 'tasks.ts'), 'export const nothing = 1;\n');
    await dev.prints(/exports no task/);
    await dev.prints(/Waiting for a change/);
    await writeFile(join(folder, 'tasks.ts'), hello('again'));
    await dev.prints(/Hello, again!/);
  });

  it('sees a file of a folder that was removed and comes back', async () => {
    const text = (name: string): string => `export const name = '${name}';\n`;
    const folder = await folderWith({
      'tasks.ts': `import { task } from 'taskspan';
import { name } from './a/b/name.js';
export const t = task('t', () => 1);
export default () => console.log('name is', name);
`,
      'a/b/name.js': text('first'),
    });
    const dev = new Command(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    await dev.prints(/name is first\n/);
    await rm(join(folder, 'a'), { recursive: true });
    await dev.prints(/Waiting for a change/);
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await writeFile(join(folder, 'a/b/name.js'), text('second'));
    await dev.prints(/name is second\n/);
  });

  it('waits for a file that is imported and missing', async () => {
    const folder = await folderWith({ 'tasks.ts': `import './extra.js';\n${hello('world')}` });
    const dev = new Command(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    await dev.prints(/Cannot find module 'extra\.js' imported from tasks\.ts/);
    await dev.prints(/Waiting for a change/);
    await writeFile(join(folder, 'extra.ts'), 'export {};\n');
    await dev.prints(/Hello, world!/);
    await rm(join(folder, 'extra.ts'));
    await dev.prints(/Waiting for a change/);
  });
});
