/** What the pages point at is there. */

import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { slugger } from '../../examples/site-audit/markdown.js';
import { filesOf, root, textOf } from '../house/source.js';
import { pages, proseOf } from './pages.js';

describe.each(pages())('%s', (page) => {
  const prose = proseOf(textOf(page));

  it('links to pages and headings that exist', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
    const inside = links.filter((target) => !/^[a-z]+:/.test(target));
    expect(inside.filter((target) => !leadsSomewhere(page, target))).toEqual([]);
  });

  it('names files and folders of the repository that exist', () => {
    const named = [...prose.matchAll(/`((?:src|test|docs|examples|scripts)\/[\w./-]*)`/g)].map(
      ([, path]) => path as string,
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('has one title', () => {
    expect(prose.match(/^# .+/gm)).toHaveLength(1);
  });
});

describe('the decisions', () => {
  it('are each listed in docs/ARCHITECTURE.md', () => {
    const list = textOf('docs/ARCHITECTURE.md');
    expect(filesOf('docs/decisions').filter((path) => !list.includes(path.slice('docs/'.length)))).toEqual([]);
  });

  it.each(filesOf('docs/decisions'))('%s says its number, context, decision and consequence', (path) => {
    const text = textOf(path);
    expect(text).toMatch(new RegExp(`^# ${path.slice('docs/decisions/'.length, 'docs/decisions/'.length + 4)}: `));
    for (const heading of ['Context', 'Decision', 'Consequence']) expect(text).toContain(`\n## ${heading}\n`);
  });
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || anchorsOf(file).includes(anchor);
}

function anchorsOf(page: string): readonly string[] {
  const slug = slugger();
  return [...proseOf(textOf(page)).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    slug((title as string).replaceAll('`', '')),
  );
}
