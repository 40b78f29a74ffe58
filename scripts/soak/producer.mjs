/** A producer of a soak: `node producer.mjs SETTINGS`, as JSON. It may be killed, stopped and continued at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskManager, taskRef } from 'taskspan';
import { openStore } from '../../dist/drivers/node.js';
import { journal, tellMemory } from './journal.mjs';
import { kindNameOf, kindOf } from './kinds.mjs';

/** Jobs that may wait before it waits too. */
const BACKLOG = 4_000;
const BATCH = 300;

/** @type {import('./crew.mjs').Settings} */
const { name, store, journal: path, first } = JSON.parse(process.argv[2] ?? '');
const write = journal(path, name);
const manager = new TaskManager({ store: await openStore(store), work: false });
let isStopping = false;
process.once('SIGTERM', () => {
  isStopping = true;
});
tellMemory(write);

let next = first;
write('ready');
while (!isStopping) {
  try {
    if ((await manager.count()).pending > BACKLOG) await sleep(20);
    else await enqueueSome();
  } catch (error) {
    // Whether those jobs are there is not known, so nothing was promised.
    write('error', { message: `${error}` });
  }
}
await manager.close();

async function enqueueSome() {
  const numbers = Array.from({ length: BATCH }, () => next++);
  const byKind = grouped(numbers);
  await Promise.all([...byKind].map(([kind, ns]) => enqueue(kind, ns)));
}

/** @param {string} kind @param {number[]} ns */
async function enqueue(kind, ns) {
  const inputs = ns.map((n) => ({ n }));
  const { attempts, isCancelled } = kindOf(kind);
  const ids = (await manager.enqueueMany(taskRef(kind), inputs, { attempts })).map(({ id }) => id);
  write('acknowledged', { ns, ids });
  if (isCancelled !== true) return;
  for (const [i, id] of ids.entries()) {
    write('cancels', { n: ns[i] });
    await manager.cancel(id);
  }
}

/** @param {number[]} numbers */
function grouped(numbers) {
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  for (const n of numbers) {
    const kind = kindNameOf(n);
    groups.set(kind, [...(groups.get(kind) ?? []), n]);
  }
  return groups;
}
