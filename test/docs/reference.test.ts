/** docs/reference says of every exported name what its docstring says, and every exported name has one. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Entry, entriesOf } from '../../scripts/reference/entries.mjs';
import { slugOf } from '../../scripts/reference/links.mjs';
import { Declarations } from '../../scripts/reference/read.mjs';
import { reference } from '../../scripts/reference/reference.mjs';
import { render } from '../../scripts/reference/render.mjs';
import * as root from '../../src/index.js';
import * as sqlite from '../../src/stores/sqlite/index.js';
import * as testing from '../../src/testing/index.js';
import { filesOf, textOf } from '../house/source.js';

describe('the reference', () => {
  const { entries, files } = reference();

  it('given the declarations in dist, when it is made from them, then it is what stands in docs/reference', () => {
    const there = filesOf('docs/reference').map((path) => path.slice('docs/reference/'.length));
    const stale = [...new Set([...there, ...files.keys()])].filter(
      (name) => !there.includes(name) || textOf(`docs/reference/${name}`) !== files.get(name),
    );
    expect(stale, 'These pages are not up to date. Run `npm run reference`, and commit what it writes.').toEqual([]);
  });

  it('given a name that can be imported, then it has its heading', () => {
    const headings = filesOf('docs/reference').flatMap((page) => textOf(page).match(/^## .*/gm) ?? []);
    const words = new Set(headings.map((heading) => heading.replace('()', '').split(' ').at(-1)));
    // A namespace is shown by its members.
    const { distributedCoordination, ...own } = root;
    const names = [own, distributedCoordination, sqlite, testing].flatMap((module) => Object.keys(module));
    expect([...names, ...entries.map(({ name }) => name)].filter((name) => !words.has(name))).toEqual([]);
  });

  it('given an exported name, or a public member of one, then it has a docstring that says what it is', () => {
    const written = entries;
    expect(written.flatMap(undocumented), 'Write a sentence above each.').toEqual([]);
  });
});

describe('how the reference is made', () => {
  it('given a docstring with tags behind its sentence, when it is shown, then each fact has its line and errors are linked', () => {
    const page = made({
      index: "export { ask } from './ask.js';\nexport { LateError } from './late.js';",
      ask: '/** Asks, `@daily` too. @param n how often\n * @returns the answer @throws LateError if <n> is 0 */\nexport declare function ask(n: number): string;',
      late: '/** Too late. */\nexport declare class LateError extends Error {\n}',
    });
    expect(page).toContain('Asks, `@daily` too.\n\n- `n`: how often\n- Returns: the answer\n');
    expect(page).toContain('- Throws [`LateError`](#class-lateerror) if &lt;n> is 0\n');
  });

  it('given an interface with a base that nobody exports, when it is shown, then the members of the base are its own', () => {
    const page = made({
      index: "import type { Hidden } from './hidden.js';\n/** One. */\nexport interface Shown extends Hidden {\n}",
      hidden:
        "/** Two. */\nexport interface Hidden {\n    /** Which; default `'a'`. */\n    readonly kind?: 'a' | 'b' | undefined;\n}",
    });
    expect(page).toContain("| `kind?` | `'a'` \\| `'b'` | Which; default `'a'`. |");
  });

  it('given names passed on by stars and under other names, when they are read, then each is found where it is declared', () => {
    const entries = entriesIn({
      index: "export * from './middle.js';",
      middle: "export { inner as outer } from './inner.js';\nexport type * from './types.js';",
      inner: '/** A. */\nexport declare function inner(): void;',
      types: '/** B. */\nexport type Word = string;',
    });
    expect(entries.map(({ name, file, doc }) => [name, file, doc.text])).toEqual([
      ['outer', 'inner', 'A.'],
      ['Word', 'types', 'B.'],
    ]);
  });

  it('given members without a docstring, when they are looked for, then they are named, private ones apart', () => {
    const [entry] = entriesIn({
      index:
        'export declare class Box {\n    #private;\n    private hidden;\n    /** @throws Error */\n    open(): void;\n    get size(): number;\n}',
    });
    expect(undocumented(entry as Entry)).toEqual([
      'src/index.ts: Box',
      'src/index.ts: Box.size',
      'src/index.ts: Box.open',
    ]);
  });

  it('given a page that begins with a name that is gone, when it is made, then that is an error', () => {
    const page = { file: 'page.md', title: 'Page', about: 'All.', first: ['gone'], from: [] };
    expect(() => render([page], [])).toThrow(/page.md begins with gone/);
  });

  it('given a heading, when it is linked, then its id is the one that Git hosts give it', () => {
    expect(slugOf('taskManager.enqueue()')).toBe('taskmanagerenqueue');
    expect(slugOf('const LONGEST_DELAY_MS')).toBe('const-longest_delay_ms');
  });
});

function undocumented({ name, file, doc, properties, methods }: Entry): readonly string[] {
  const members = [...properties, ...methods].filter((member) => member.doc.text === '');
  return [...(doc.text === '' ? [name] : []), ...members.map((member) => `${name}.${member.name}`)].map(
    (missing) => `src/${file}.ts: ${missing}`,
  );
}

function made(files: Readonly<Record<string, string>>): string {
  const page = { file: 'page.md', title: 'Page', about: 'All.', first: [], from: [] };
  return render([page], entriesIn(files)).get('page.md') as string;
}

/** What `index` exports, of files given without their endings. */
function entriesIn(files: Readonly<Record<string, string>>): readonly Entry[] {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-reference-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, `${name}.d.ts`), text);
  }
  return entriesOf(new Declarations(folder), { pack: 'index' });
}
