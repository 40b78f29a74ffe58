/** What a person sees who runs `dev` or `worker` on a real terminal. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Command, folderWith } from './command.js';
import { FakeTerminal } from './live/fake-terminal.js';

/** A job that shows its progress until there is a file `go`. Once there is a file `write`, the user's own code writes. */
const tasks = `import { existsSync } from 'node:fs';
import { type Main, task } from 'taskspan';
export const slow = task('slow\\u001b[2J', async (_input: undefined, ctx) => {
  ctx.notifyStep('upload');
  ctx.progress(50);
  let n = 0;
  while (!existsSync('go') && !ctx.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!existsSync('write')) continue;
    n += 1;
    console.log('log', n);
    process.stdout.write('one ');
    console.error('warning', n);
    process.stdout.write('line ' + n + '\\n');
  }
  ctx.signal.throwIfAborted();
  if (existsSync('crash')) {
    setTimeout(() => { throw new Error('out of nowhere'); });
    await new Promise(() => {});
  } else if (existsSync('fail')) throw new Error('boom\\u001b[2J\\u0007');
}, { steps: [{ name: 'upload', description: 'Upload it', percentage: 100 }] as const, retry: { attempts: 1 } });
export default (async ({ manager, signal }) => {
  await (await manager.enqueue(slow)).result({ signal }).catch(() => {});
  return 'exit';
}) satisfies Main;
`;

const environment = { TERM: 'xterm-256color', CI: '' };

const onTerminal = async (
  name: string,
  files: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<{ command: Command; folder: string }> => {
  const folder = await folderWith({ 'tasks.ts': tasks, ...files });
  const args = [name, '--url', 'memory:', '--timeout', '50ms', 'tasks.ts'];
  return { folder, command: new Command(folder, args, { ...environment, ...variables }, { terminal: true }) };
};

/** All that was ever on the screen and not taken back. */
const screen = ({ output }: Command): string[] => {
  const terminal = new FakeTerminal(100, 30);
  terminal.write(output);
  return terminal.lines;
};

const region = /▸ slow .*█{8}.*░{8}.* 50%.* upload/;

describe.each(['dev', 'worker'])('%s on a terminal', (name) => {
  it('shows what runs below what is written, and leaves only what is written', async () => {
    const { command, folder } = await onTerminal(name);
    await command.prints(region);
    await command.prints(/1 running.*0 waiting/);
    await writeFile(join(folder, 'write'), '');
    await command.prints(/line 20\r?\n/);
    await writeFile(join(folder, 'go'), '');
    expect(await command.ended).toBe(0);
    const lines = screen(command);
    const own = lines.filter((line) => /^(log|one line|warning) \d+$/.test(line));
    const count = Math.max(...own.map((line) => Number(line.split(' ').at(-1))));
    for (const word of ['log', 'one line', 'warning'])
      expect(own.filter((line) => line.startsWith(word))).toEqual(
        Array.from({ length: count }, (_, i) => `${word} ${i + 1}`),
      );
    // And besides these only the greeting, and in `dev` the line of the job.
    const others = lines.filter((line) => !own.includes(line));
    expect(others.slice(0, 2)).toEqual([expect.stringMatching(/^taskspan /), expect.stringMatching(/^tasks: /)]);
    expect(others.slice(2)).toEqual(
      name === 'dev' ? [expect.stringMatching(/^\d\d:\d\d:\d\d ✓ slow {2}[\da-f]{8} +\d/)] : [],
    );
  });

  it('prints why a job failed, in red, and lets it have nothing of the terminal', async () => {
    const { command } = await onTerminal(name, { go: '', fail: '' });
    expect(await command.ended).toBe(0);
    expect(command.output).toContain('\u001b[31mboom␇ (tasks.ts:20)\u001b[0m');
    expect(command.output).not.toContain('\u001b[2J');
  });

  it('asked to end by Ctrl-C takes its region away', async () => {
    const { command } = await onTerminal(name);
    await command.prints(region);
    command.type('\u0003');
    expect(await command.ended).toBe(0);
    const lines = screen(command);
    expect(lines.join('\n')).toMatch(/Closing\. Another signal exits at once\.[\s\S]*1 job still running has 50ms/);
    expect(lines.join('\n')).not.toMatch(/▸|running ·/);
  });

  it('that crashes leaves the reason and no region', async () => {
    const { command, folder } = await onTerminal(name, { crash: '' });
    await command.prints(region);
    await writeFile(join(folder, 'go'), '');
    expect(await command.ended).not.toBe(0);
    const lines = screen(command).join('\n');
    expect(lines).toMatch(/Error: out of nowhere/);
    expect(lines).not.toMatch(/▸|running ·/);
    expect(command.output).not.toContain('\u001b[?25l');
  });

  it.each([
    ['CI', '1'],
    ['TERM', 'dumb'],
  ])('with %s=%s shows nothing that moves', async (variable, value) => {
    const { command, folder } = await onTerminal(name, { write: '' }, { [variable]: value });
    await command.prints(/log 20\r\n/);
    await writeFile(join(folder, 'go'), '');
    expect(await command.ended).toBe(0);
    expect(stripVTControlCharacters(command.output)).not.toContain('▸');
    expect(command.output.replaceAll('\u001b[', '').includes('\u001b')).toBe(false);
    expect(command.output).not.toContain('\u001b[J');
  });

  it('with NO_COLOR shows what runs without colours', async () => {
    const { command, folder } = await onTerminal(name, {}, { NO_COLOR: '1' });
    await command.prints(region);
    await writeFile(join(folder, 'go'), '');
    expect(await command.ended).toBe(0);
    for (const colour of ['[2m', '[31m', '[32m', '[33m']) expect(command.output).not.toContain(`\u001b${colour}`);
  });
});

describe('dev on a terminal', () => {
  it('lets the task code have its colours', async () => {
    const { command } = await onTerminal('dev', {
      'tasks.ts':
        "import { task } from 'taskspan';\nexport const t = task('t', () => 1);\nexport default () => { console.log(7); return 'exit'; };\n",
    });
    expect(await command.ended).toBe(0);
    expect(command.output).toContain('\u001b[33m7\u001b[39m');
  });

  it('takes the region away while it waits for a file to be mended, and shows it again', async () => {
    const { command, folder } = await onTerminal('dev');
    await command.prints(region);
    await writeFile(join(folder, 'tasks.ts'), 'export const x: = 1;\n');
    await command.prints(/Waiting for a change/);
    expect(screen(command).join('\n')).not.toMatch(/▸/);
    await writeFile(join(folder, 'tasks.ts'), tasks);
    await command.prints(region);
    await writeFile(join(folder, 'go'), '');
    expect(await command.ended).toBe(0);
  });
});
