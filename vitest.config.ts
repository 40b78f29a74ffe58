import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as Manifest;

/** The source that a file of `dist` is built from. */
const source = (built: string): string =>
  fileURLToPath(new URL(built.replace('./dist/', './src/').replace(/\.js$/, '.ts'), import.meta.url));

/** Tests and examples import the package by its name, and get the source: every path of the exports map, exactly. */
const subpaths = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string'
    ? []
    : [{ find: new RegExp(`^${manifest.name}${subpath.slice(1)}$`), replacement: source(target.default) }],
);

export default defineConfig({
  resolve: {
    alias: [{ find: '#drivers', replacement: source('./dist/drivers/node.js') }, ...subpaths],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 20_000,
  },
});
