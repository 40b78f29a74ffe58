/** How `dev` and `worker` end when they are asked to, told to, or killed. */
import { describe, expect, it } from 'vitest';
import { Command, folderWith } from './command.js';

/** One job that runs until it is asked to stop, or without end. */
const slow = (onAbort: string): string => `import { type Main, task } from 'taskspan';
export const slow = task('slow', (_input: void, ctx) => new Promise((resolve) => {
  ctx.signal.addEventListener('abort', () => { ${onAbort} });
  console.log('slow runs');
}));
export default (async ({ manager, signal }) => {
  signal.addEventListener('abort', () => console.log('main was told'));
  await (await manager.enqueue(slow)).result({ signal });
}) satisfies Main;
`;

const started = async (args: readonly string[], onAbort: string): Promise<Command> => {
  const command = new Command(await folderWith({ 'tasks.ts': slow(onAbort) }), [
    ...args,
    '--url',
    'memory:',
    'tasks.ts',
  ]);
  await command.prints(/slow runs\n/);
  return command;
};

describe.each(['dev', 'worker'])('%s', (name) => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'asked once by %s gives its work back and ends with 0',
    async (signal) => {
      const command = await started([name, '--timeout', '20ms'], 'resolve(1);');
      command.signalGroup(signal);
      await command.prints(/Closing\. Another signal exits at once\.\n/);
      await command.prints(/main was told\n/);
      await command.prints(/1 job still running has 20ms to end/);
      expect(await command.ended).toBe(0);
    },
  );

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('told a second time by %s exits at once', async (signal, exitCode) => {
    const command = await started([name, '--timeout', '1h'], '');
    command.signalGroup(signal);
    await command.prints(/has 1h0m to end/);
    // The echo of the first one, which npm sends on, is no second one; so it is told until it obeys.
    const insisting = setInterval(() => command.signal(signal), 20);
    expect(await command.ended).toBe(exitCode);
    clearInterval(insisting);
  });
});

describe('dev', () => {
  it('killed by SIGKILL leaves no child behind, and the child closes first', async () => {
    const command = await started(['dev', '--timeout', '20ms'], '');
    command.signal('SIGKILL');
    await command.prints(/slow .* given back\n/);
    // Its output is closed only when the child, who shares it, has ended.
    expect(await command.ended).toBe('SIGKILL');
  });

  it('ends with the exit code of a child that ends by itself', async () => {
    const folder = await folderWith({
      'tasks.ts':
        "import { task } from 'taskspan';\nexport const t = task('t', () => 1);\nexport default () => process.exit(7);\n",
    });
    expect(await new Command(folder, ['dev', '--url', 'memory:', 'tasks.ts']).ended).toBe(7);
  });
});
