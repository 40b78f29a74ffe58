/** What the command says when it is asked wrongly, and what it is given to run. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { folderWith, outcomeOf } from './command.js';

const hello = `import { task } from 'taskspan';
export const hello = task('hello', async (input: string) => input);
`;

describe('the command', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await outcomeOf(await folderWith({}), ['--version'])).toEqual({ exitCode: 0, output: `${version}\n` });
  });

  it('prints its help', async () => {
    const { exitCode, output } = await outcomeOf(await folderWith({}), ['dev', '--help']);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^Usage: taskspan dev \[options\] FILE \[-- args\]/);
    expect(output).toContain('TASKSPAN_URL');
  });

  it.each([
    ['an unknown command', ['devv', 'tasks.ts'], /unknown command 'devv'\n\(Did you mean dev\?\)/],
    ['an unknown option', ['dev', '--concurency', '2', 'tasks.ts'], /Did you mean --concurrency\?/],
    ['an option that is meant for the file', ['dev', 'tasks.ts', '--once'], /FILE itself comes after `--`/],
    ['no command', [], /Usage: taskspan/],
    ['no file', ['dev'], /missing required argument 'FILE'/],
    ['a file that is not there', ['dev', 'nope.ts'], /no file 'nope\.ts'/],
    ['a folder', ['worker', '.'], /no file '\.'/],
    ['a concurrency of 0', ['dev', '--concurrency', '0', 'tasks.ts'], /--concurrency is 0; it must be a whole number/],
    ['a time without a unit that exists', ['dev', '--timeout', '5x', 'tasks.ts'], /--timeout is "5x"/],
    ['an empty URL', ['worker', '--url', '', 'tasks.ts'], /--url.*is empty/],
    ['a URL of no known kind', ['dev', '--url', 'sqllite:x', 'tasks.ts'], /Did you mean 'sqlite:'\?/],
    ['a worker without a URL', ['worker', 'tasks.ts'], /Give --url/],
  ])('given %s exits with 2 and says why', async (_, args, message) => {
    const { exitCode, output } = await outcomeOf(await folderWith({ 'tasks.ts': hello }), args);
    expect(output).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

describe('a file', () => {
  it.each(['dev', 'worker'])('that exports nothing to run ends %s with 2 and an example', async (command) => {
    const folder = await folderWith({ 'empty.ts': 'export const answer: number = 42;\n' });
    const { exitCode, output } = await outcomeOf(folder, [command, '--url', 'memory:', 'empty.ts']);
    expect(exitCode).toBe(2);
    expect(output).toContain("import { type Main, task } from 'taskspan';");
    expect(output).toContain(`taskspan ${command} empty.ts`);
  });

  it('has its tasks and groups found in arrays, records and namespaces, each once', async () => {
    const folder = await folderWith({
      'more.ts': `import { task } from 'taskspan';
export const inNamespace = task('in-namespace', () => 1);
`,
      'tasks.ts': `import { type Main, TaskConstraintGroup, task } from 'taskspan';
export * as more from './more.js';
const a = task('in-array', () => 1);
const b = task('in-record', () => 1);
const circle: Record<string, unknown> = { b };
circle.self = circle;
export const list = [a, [a]];
export { circle };
export const groups = { calls: new TaskConstraintGroup({ name: 'calls', constraintKeyForExecution: () => null }) };
export default (({ manager }) => {
  console.log('has', ['in-namespace', 'in-array', 'in-record'].map((name) => manager.getTaskByName(name) !== undefined));
  console.log('limits', manager.constraintGroups.map(({ name }) => name));
  return 'exit';
}) satisfies Main;
`,
    });
    const { exitCode, output } = await outcomeOf(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    expect(output).toContain('has [ true, true, true ]');
    expect(output).toContain("limits [ 'calls' ]");
    expect(exitCode).toBe(0);
  });

  it('that exports a manager has that one used, and its exported tasks that the manager lacks named', async () => {
    const folder = await folderWith({
      'tasks.ts': `import { type Main, TaskManager, task } from 'taskspan';
export const known = task('known', () => 'done');
export const forgotten = task('forgotten', () => 1);
export const manager = new TaskManager({ tasks: [known], concurrency: 3 });
export default (async (context) => {
  console.log('same', context.manager === manager);
  console.log(await (await context.manager.enqueue(known)).result());
  return 'exit';
}) satisfies Main;
`,
    });
    const { exitCode, output } = await outcomeOf(folder, ['worker', 'tasks.ts']);
    expect(output).toContain('same true\ndone\n');
    expect(output).toContain("Task 'forgotten' is exported, but the exported TaskManager doesn't have it");
    expect(exitCode).toBe(0);

    const both = await outcomeOf(folder, ['worker', '--url', 'memory:', 'tasks.ts']);
    expect(both).toMatchObject({ exitCode: 2, output: expect.stringContaining('leave --url out') });
    // The environment speaks to all files, so it is no mistake there.
    expect((await outcomeOf(folder, ['worker', 'tasks.ts'], { TASKSPAN_URL: 'sqllite:x' })).exitCode).toBe(0);
  });

  it('whose default export throws ends with 1, after the manager was closed', async () => {
    const folder = await folderWith({
      'tasks.ts': `${hello}
export default () => {
  throw new Error('no such site', { cause: new Error('no network') });
};
`,
    });
    const { exitCode, output } = await outcomeOf(folder, ['dev', '--url', 'memory:', 'tasks.ts']);
    expect(output).toMatch(
      /✗ tasks\.ts failed\.\nError: no such site\n {4}at .*tasks\.ts:5:9\)?\nCaused by: Error: no network/,
    );
    expect(exitCode).toBe(1);
  });

  it("that returns 'exit' ends with 0 when nothing is due, and doesn't wait for what is due later", async () => {
    const folder = await folderWith({
      'tasks.ts': `import { type Main, task } from 'taskspan';
export const first = task('first', async (_input: void, ctx) => { await ctx.enqueue(second); });
export const second = task('second', () => console.log('second ran'));
export default (async ({ manager, args }) => {
  console.log('args', args);
  await manager.schedule(second, undefined, { id: 'daily', every: '1d' });
  await manager.enqueue(second, undefined, { in: '1d' });
  await manager.enqueue(first);
  return 'exit';
}) satisfies Main;
`,
    });
    const { exitCode, output } = await outcomeOf(folder, ['dev', 'tasks.ts', '--', '--once', 'x']);
    expect(output).toContain("args [ '--once', 'x' ]");
    expect(output.match(/second ran/g)).toHaveLength(1);
    expect(exitCode).toBe(0);
  });
});
