import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: '#drivers', replacement: source('drivers/node.ts') },
      { find: /^taskspan$/, replacement: source('index.ts') },
      { find: /^taskspan\/(sqlite)$/, replacement: source('stores/$1/index.ts') },
      { find: /^taskspan\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
