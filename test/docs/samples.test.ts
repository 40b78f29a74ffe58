/** Every TypeScript sample of the pages compiles, runs, ends, and does what its comments say. */

import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../house/source.js';
import { type RedisServer, startRedis } from '../redis/servers/index.js';
import { blocksOf, blocksOfPage, writtenPages } from './pages.js';
import { instrument, type Program, programsOf } from './programs.js';
import { type Ran, Workshop } from './workshop.js';

const blocks = writtenPages().map((page) => blocksOfPage(page));
const programs = blocks.flatMap((ofPage) => programsOf(ofPage.filter(({ language }) => language === 'ts')));
const instrumented = programs.map((program) => [program, instrument(program)] as const);

/** Where a user's Redis is. Each sample that names it gets an empty database of a server that is started here. */
const USERS_REDIS = 'redis://127.0.0.1:6379';

const workshop = new Workshop();
let server: RedisServer | undefined;
afterAll(async () => {
  workshop.remove();
  await server?.stop();
});

describe('samples', () => {
  let built: readonly string[] = [];
  beforeAll(async () => {
    server = await startRedis({ config: { databases: instrumented.length } });
    const { url } = server;
    built = await workshop.build(
      instrumented.map(([program, { text, ...others }], i) => [
        program,
        { ...others, text: text.replaceAll(USERS_REDIS, `${url}/${i}`) },
      ]),
    );
  });

  it('are all in a language that is run here, or in none that is code', () => {
    const known = ['ts', 'sh', 'json', 'sql', 'ini', 'diff', 'text', 'Dockerfile', ''];
    const others = blocks.flat().filter(({ language }) => !known.includes(language));
    expect(others.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([]);
  });

  it('have types that fit', () => {
    expect(workshop.typecheck(programs)).toBe('');
  });

  it.concurrent.each(instrumented.map(([program, { claims }], i) => [nameOf(program), program, claims, i] as const))(
    '%s does what it says',
    async (_name, program, claims, i) => {
      const ran = await workshop.run(built[i] as string, program.isEndedBySignal);
      expect(troublesOf(ran, claims)).toEqual([]);
    },
    40_000,
  );
});

describe('how samples are tested', () => {
  const tested = async (text: string): Promise<readonly string[]> => {
    const [program] = programsOf(blocksOf('page.md', `\`\`\`ts\n${text}\n\`\`\``)) as [Program];
    const sample = instrument(program);
    const own = new Workshop();
    try {
      const [file] = await own.build([[program, sample]]);
      return troublesOf(await own.run(file as string, false), sample.claims);
    } finally {
      own.remove();
    }
  };

  it.concurrent.each([
    ['1 + 1; // → 3', /page.md:2/],
    ['const { a } = { a: 1, b: 2 }; // → { a: 2 }', /page.md:2/],
    ["await Promise.reject(new TypeError('no')); // → throws RangeError", /It threw TypeError/],
    ['await Promise.resolve(); // → throws RangeError', /It threw nothing/],
    ['if (Date.now() < 0) {\n  console.log(1); // → 1\n}', /page.md:3: it was never reached/],
    ["throw new Error('unasked');", /unasked/],
    ["import { it } from 'vitest';\nit('fails', () => {\n  throw new Error('unasked');\n});", /unasked/],
  ])('given the sample %j, when it is run, then its trouble is found', async (text, trouble) => {
    expect((await tested(text)).join('\n')).toMatch(trouble);
  });

  it.concurrent('given claims that hold, when they are run, then there is no trouble', async () => {
    const text =
      "const [a] = [1], b = 2;\nconst { c } = { c: [{ d: 1, e: 2 }] }; // → { c: [{ d: 1 }] }\nconsole.log('ü' + a + b); // → 'ü12'";
    expect(await tested(text)).toEqual([]);
  });

  it('given a sample that uses what is not there, when its types are checked, then it is named', () => {
    const own = new Workshop();
    const text = "import { TaskManager } from 'taskspan';\nnew TaskManager().nothing();";
    const printed = own.typecheck(programsOf(blocksOf('page.md', `\`\`\`ts\n${text}\n\`\`\``)));
    own.remove();
    expect(printed).toMatch(/page\.md.line-2\.ts.*nothing/);
  });

  it('given a claim behind no statement, a fence that nothing closes or a block that continues nothing, when it is read, then that is an error', () => {
    expect(() => instrument(programsOf(blocksOf('p.md', '```ts\n// → 1\n```'))[0] as Program)).toThrow(/p.md:2/);
    expect(() => blocksOf('p.md', 'text\n```ts\n1;')).toThrow(/p.md:2/);
    expect(() => blocksOf('p.md', '- text\n  ```ts\n  1;\n  ```')).toThrow(/p.md:2/);
    expect(() => programsOf(blocksOf('p.md', '```ts\n// continues\n1;\n```'))).toThrow(/p.md:2/);
  });
});

describe('the hello of the README', () => {
  const command = join(root, 'dist/cli/main.js');

  it.skipIf(!existsSync(command))('runs by the command that stands below it', async () => {
    const readme = blocks.flat().filter(({ page }) => page === 'README.md');
    const line = readme.find(({ language, text }) => language === 'sh' && text.includes('taskspan dev hello.ts'));
    expect(line?.text).toBe('npx taskspan dev hello.ts');
    const hello = readme.find(({ language }) => language === 'ts');
    expect(hello?.text.split('\n')).toHaveLength(8);
    const cwd = await mkdtemp(join(workshop.folder, 'hello-'));
    writeFileSync(join(cwd, 'hello.ts'), hello?.text ?? '');
    const child = spawn(process.execPath, [command, 'dev', 'hello.ts'], { cwd });
    let output = '';
    child.stderr.on('data', (text: Buffer) => (output += text));
    child.stdout.on('data', (text: Buffer) => {
      output += text;
      if (output.includes('✓ hello') && output.includes('Hello, Ada!')) child.kill('SIGTERM');
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect(output).toContain('Hello, Ada!');
    expect(output).toContain('✓ hello');
    expect(exitCode).toBe(0);
  });
});

function nameOf({ page, line, file }: Program): string {
  return file.startsWith('line-') ? `${page}:${line}` : `${page}:${line} ${file}`;
}

function troublesOf({ exitCode, output, checked }: Ran, claims: readonly string[]): readonly string[] {
  const ending = exitCode === 0 ? [] : [`It ended with ${exitCode ?? 'a signal: it took too long'}.\n${output}`];
  const reached = new Set(checked.map(({ claim }) => claim));
  const missing = claims.filter((_, i) => !reached.has(i)).map((where) => `${where}: it was never reached`);
  const broken = checked.flatMap(({ claim, failure }) => (failure === null ? [] : [`${claims[claim]}: ${failure}`]));
  return [...ending, ...missing, ...broken];
}
