/** A client in a process of its own: `node client.mjs SETTINGS`, as JSON. What it did is in its log, however it ends. */

import { openSync, writeSync } from 'node:fs';
import { completed } from '../../dist/core/transitions.js';
import { openStore } from '../../dist/drivers/node.js';
import { makeCalls } from './calls.mjs';

/** @type {{ store: string, log: string, name: string, ids: string[], calls: number, seed: number }} */
const { store: url, log, ...client } = JSON.parse(process.argv[2] ?? '');
const file = openSync(log, 'a');
const store = openStore(url);
await store.open();
await makeCalls({
  ...client,
  store,
  now: () => Number(process.hrtime.bigint()) / 1e6,
  transition: completed(null, { completedMs: 3_600_000, failedMs: 3_600_000, count: null }),
  write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`),
});
await store.close();
