/** Simulated worlds as one program of plain JavaScript. */

import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * @param {string} root of the project
 * @param {string} sources the folder that stands for `src`
 * @param {string} program the file to write
 */
export async function bundle(root, sources, program) {
  await build({
    entryPoints: [join(root, 'test/simulation/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    // Some dependencies are CommonJS, and ask for Node's modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        name: 'sources',
        setup(builder) {
          builder.onResolve({ filter: /^#drivers$/ }, () => ({ path: join(sources, 'drivers/none.ts') }));
          builder.onResolve({ filter: /\/src\/.*\.js$/ }, ({ path }) => ({
            path: join(sources, path.slice(path.indexOf('/src/') + 5).replace(/\.js$/, '.ts')),
          }));
        },
      },
    ],
    nodePaths: [join(root, 'node_modules')],
  });
}
