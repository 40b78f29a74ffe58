/** The whole reference, as it should be. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entriesOf } from './entries.mjs';
import { pages } from './pages.mjs';
import { Declarations } from './read.mjs';
import { render } from './render.mjs';

/** @import { Entry } from './entries.mjs' */

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @returns {{ readonly entries: readonly Entry[], readonly files: ReadonlyMap<string, string> }} the text of each page
 * @throws Error if dist is missing
 */
export function reference() {
  if (!existsSync(join(root, 'dist'))) throw new Error('dist is missing: run `npm run build` first.');
  const entries = entriesOf(new Declarations(join(root, 'dist')), entryPoints());
  return { entries, files: render(pages, entries) };
}

/** The declarations behind each specifier of the exports map, below dist. */
function entryPoints() {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const typed = Object.entries(exports).filter(([, target]) => typeof target !== 'string');
  return Object.fromEntries(
    typed.map(([subpath, { types }]) => [name + subpath.slice(1), types.replace(/^\.\/dist\/|\.d\.ts$/g, '')]),
  );
}
