import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applied, mutants } from './mutants/index.mjs';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

describe('the mutants', () => {
  test('given the sources as they are, when each mutant is made, then its text stands there once and becomes another', () => {
    for (const mutant of mutants) {
      const text = read(`src/${mutant.file}`);
      expect(applied(mutant, text), mutant.name).not.toBe(text);
    }
  });

  test('given a text that is gone, when the mutant is made, then an error says which to bring up to date', () => {
    const gone = { name: 'gone', breaks: 'nothing', file: 'index.ts', find: 'not there', replace: '' };
    expect(() => applied(gone, read('src/index.ts'))).toThrow('Mutant gone: its text stands 0 times in src/index.ts');
  });

  test('given their names, when they are compared, then each is one mutant’s', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  test('given a mutant that a test is named for, when the file is looked for, then it is there', () => {
    for (const { name, killer } of mutants) {
      if (killer !== undefined) expect(existsSync(new URL(killer, root)), `${name}: ${killer}`).toBe(true);
    }
  });

  test('given the page on reliability, when its table is read, then it names each mutant, what it breaks and what notices it', () => {
    const page = read('docs/reliability.md');
    const section = page.slice(page.indexOf('\n## Mutants\n'));
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.map((row) => row.split('`')[1])).toEqual(mutants.map(({ name }) => name));
    mutants.forEach(({ breaks, killer }, i) => {
      expect(rows[i]).toContain(`| ${breaks} |`);
      expect(rows[i]).toMatch(killer === undefined ? /\| invariant \d+ \| \d+ \|$/ : /\|$/);
      if (killer !== undefined) expect(rows[i]).toContain(`(../${killer})`);
    });
  });
});
