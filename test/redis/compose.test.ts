/** The Redis that compose.yaml gives to users. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startRedis } from './servers/index.js';

it('given the options of compose.yaml, then Redis takes them, keeps each write that it acknowledged, and evicts nothing', async () => {
  const config = optionsOf(readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8'));
  await using redis = await startRedis({ config });
  expect(await redis.info('persistence')).toMatchObject({ aof_enabled: '1' });
  expect(await redis.info('memory')).toMatchObject({ maxmemory_policy: 'noeviction' });
  expect(await redis.cli('CONFIG', 'GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
});

/** Pairs of `- --name` and `- value`. */
function optionsOf(yaml: string): Record<string, string> {
  const items = yaml.split('\n').flatMap((line) => /^ {6}- '?([^']+?)'?$/.exec(line)?.[1] ?? []);
  const names = items.flatMap((item, i) => (item.startsWith('--') ? [[item.slice(2), items[i + 1]!] as const] : []));
  expect(names.length).toBeGreaterThan(0);
  return Object.fromEntries(names);
}
