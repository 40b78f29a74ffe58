/** TypeScript, and taskspan itself, from a folder in which nothing is installed. */
import { describe, expect, it } from 'vitest';
import { folderWith, outcomeOf } from './command.js';

const runsMemory = ['worker', '--url', 'memory:', 'tasks.ts'];

describe('a TypeScript file', () => {
  it('imports TypeScript by the names of the JavaScript that it becomes', async () => {
    const folder = await folderWith({
      'tasks.ts': `import { hello } from './lib/hello.js';
import { other } from './lib/other.mjs';
import { third } from './lib/third.ts';
import { plain } from './lib/plain.js';
export const all = [hello];
export default () => (console.log(other, third, plain), 'exit');
`,
      'lib/hello.ts': `import { task } from 'taskspan';\nexport const hello = task('hello', () => 1);\n`,
      'lib/other.mts': 'export const other: string = "other";\n',
      'lib/third.ts': 'export const third: string = "third";\n',
      'lib/plain.js': 'export const plain = "plain";\n',
    });
    expect(await outcomeOf(folder, runsMemory)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('other third plain'),
    });
  });

  it('may use what has to become code, and its errors keep their lines', async () => {
    const folder = await folderWith({
      'tasks.ts': `import { task } from 'taskspan';
interface Unused {
  readonly gone: string;
}
enum Colour { Red = 'red' }
class Point {
  constructor(readonly x: number) {}
}
export const t = task('t', () => 1);
export default (): void => {
  throw new Error(\`\${Colour.Red} \${new Point(7).x}\`);
};
`,
    });
    expect((await outcomeOf(folder, runsMemory)).output).toMatch(/Error: red 7\n\s+at .*tasks\.ts:11:9/);
  });

  it.each([
    ['tasks.ts', 'export const x: = 1;\n', /tasks\.ts:1:17: Unexpected token/],
    ['tasks.mjs', 'const x = 1;\nconst y = = 1;\n', /tasks\.mjs:2:11: /],
  ])('with a syntax error is told by file, line and column (%s)', async (file, text, place) => {
    const { exitCode, output } = await outcomeOf(await folderWith({ [file]: text }), [
      'worker',
      '--url',
      'memory:',
      file,
    ]);
    expect(output).toMatch(place);
    expect(exitCode).toBe(1);
  });

  it('that imports a type like a value is told how to say that it is one', async () => {
    const folder = await folderWith({
      'tasks.ts': "import { Main, task } from 'taskspan';\nexport const t = task('t', () => 1);\n",
    });
    const { exitCode, output } = await outcomeOf(folder, runsMemory);
    expect(output).toMatch(/'Main'. If it is a type, say so: import \{ type Name \}/);
    expect(exitCode).toBe(1);
  });
});

describe('an import of taskspan', () => {
  const printsTheTask = `export default ({ manager }) => {
  console.log('registered', manager.getTaskByName('t') !== undefined);
  return 'exit';
};
`;

  it("resolves to the command's own where none is installed, by its subpaths too, from JavaScript too", async () => {
    const folder = await folderWith({
      'tasks.js': `import { task } from 'taskspan';
import 'taskspan/testing';
import { sqlite } from 'taskspan/sqlite';
export const t = task('t', () => typeof sqlite);
${printsTheTask}`,
    });
    const { exitCode, output } = await outcomeOf(folder, ['worker', '--url', 'memory:', 'tasks.js']);
    expect(output).toContain('registered true');
    expect(exitCode).toBe(0);
  });

  it("resolves to the command's own where another copy is installed: two copies don't know each other's tasks", async () => {
    const folder = await folderWith({
      'node_modules/taskspan/package.json': '{ "name": "taskspan", "type": "module", "exports": "./index.js" }\n',
      'node_modules/taskspan/index.js': 'export const task = () => { throw new Error("the other copy"); };\n',
      'node_modules/shared/package.json': '{ "name": "shared", "type": "module", "exports": "./index.js" }\n',
      'node_modules/shared/index.js': "import { task } from 'taskspan';\nexport const t = task('t', () => 1);\n",
      'tasks.ts': `export { t } from 'shared';\n${printsTheTask}`,
    });
    const { exitCode, output } = await outcomeOf(folder, runsMemory);
    expect(output).toContain('registered true');
    expect(exitCode).toBe(0);
  });
});
