/** The matrix of docs/reliability.md names tests that exist, and none of its cells says more than they prove. */

import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, textOf } from '../house/source.js';

const PAGE = 'docs/reliability.md';
const FAULTS = 51;
const STORES = ['memory', 'SQLite', 'Redis', 'Postgres', 'DynamoDB', 'Durable Object'];

const page = textOf(PAGE);
const files = new Map([...page.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name, path]) => [name, `docs/${path}`]));
const rows = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));
const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
const matrix = rows.map(cellsOf).filter(({ length }) => length === 3 + STORES.length);
const proofs = rows
  .map(cellsOf)
  .filter(({ length }) => length === 4)
  .map(([row = '', stores = '', title = '', link = '']) => ({
    row,
    stores: stores.split(', '),
    title,
    name: nameIn(link)[0] as string,
  }));

describe('the matrix of faults', () => {
  it('has each fault once', () => {
    const numbers = matrix.map(([number]) => Number(number)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: FAULTS }, (_, i) => i + 1));
  });

  it.each(matrix.map((cells) => [cells[0] as string, cells] as const))(
    'says of fault %s, for each store, by which tests it is proved, why it cannot happen, or that it is to come',
    (row, cells) => {
      for (const [i, store] of STORES.entries()) {
        const cell = cells[3 + i] as string;
        const named = proofs.filter((proof) => proof.row === row && proof.stores.includes(store));
        const expected = [...new Set(named.map(({ name }) => name))];
        if (expected.length > 0) expect(cell, store).toBe(`✓ ${expected.map((name) => `[${name}]`).join(', ')}`);
        else expect(cell, store).toMatch(/^(·|– [a-z])$/);
      }
    },
  );

  it('gives the reason of each letter', () => {
    const letters = new Set(matrix.flatMap((cells) => cells.map((cell) => /^– ([a-z])$/.exec(cell)?.[1] ?? [])).flat());
    const reasons = [...page.matchAll(/^- \*\*([a-z])\*\* /gm)].map(([, letter]) => letter);
    expect([...letters].sort()).toEqual(reasons);
  });

  it('leads to files that exist, each of them used', () => {
    const paths = [...files.values()].map((path) => normalize(path));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect([...files.keys()].sort()).toEqual([...new Set(proofs.map(({ name }) => name))].sort());
  });
});

describe('the tests by name', () => {
  it.each(proofs.map((proof) => [proof.row, proof.title, proof] as const))('%s: “%s” exists', (_row, title, proof) => {
    const path = normalize(files.get(proof.name) as string);
    expect(titlesOf(path)).toContain(title);
    // What the engine's tests prove of SQLite, they prove in worlds that are put on it.
    if (/^test\/(engine|manager)\//.test(path) && proof.stores.includes('SQLite')) {
      expect(textOf(path)).toContain('new World(');
    }
  });
});

/** What stands in square brackets. */
function nameIn(text: string): readonly string[] {
  return [...text.matchAll(/\[([^\]]+)\]/g)].map(([, name]) => name as string);
}

/** Titles of the tests in a file. What is filled in when they are run stands as `…`. */
function titlesOf(path: string): readonly string[] {
  return [...textOf(path).matchAll(/(['`])(given .*?[^\\])\1,/g)].map(([, , title]) =>
    (title as string).replaceAll(/\$\{[^}]*\}|%s/g, '…').replaceAll("\\'", "'"),
  );
}
