/**
 * Writes docs/reference from the declarations in dist: `npm run reference`.
 *
 * It reads what the build emitted, which is what users get: nothing `@internal`, and every type written out. So it needs
 * a parser only, the one that the tests have already, and no compiler: TypeScript 7 has no API for tools such as
 * typedoc, and a second TypeScript would have to be kept in step.
 */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reference } from './reference.mjs';

const folder = fileURLToPath(new URL('../../docs/reference/', import.meta.url));
const { files } = reference();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) writeFileSync(join(folder, name), text);
console.log(`docs/reference: ${files.size} pages.`);
