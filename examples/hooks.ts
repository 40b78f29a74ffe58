/**
 * A task with one before it and one after it.
 *
 *     node examples/hooks.ts
 *
 * Writes orders to a file. Before each export a task looks at the orders, after it another reads the file back.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Task, task } from 'taskspan';

interface Order {
  readonly id: number;
  readonly amount: number;
}
interface Exported {
  readonly path: string;
  readonly count: number;
}

const folder = await mkdtemp(join(tmpdir(), 'taskspan-hooks-'));

/** What it throws keeps the export from running. */
const look = task('look', (orders: readonly Order[]) => {
  const wrong = orders.filter(({ amount }) => amount <= 0);
  if (wrong.length > 0) throw new Error(`order ${wrong.map(({ id }) => id).join(', ')} has no amount`);
  console.log(`  look    ${orders.length} orders, all with an amount`);
});

/** Gets what the export resolved with. What it throws fails the export. */
const readBack = task('read-back', async ({ path, count }: Exported) => {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  if (lines.length !== count) throw new Error(`${path} has ${lines.length} lines instead of ${count}`);
  console.log(`  check   the file has ${lines.length} lines`);
});

const exportOrders = new Task({
  name: 'export-orders',
  preTask: look,
  afterTask: readBack,
  taskFunction: async (orders: readonly Order[]): Promise<Exported> => {
    const path = join(folder, 'orders.csv');
    await writeFile(path, orders.map(({ id, amount }) => `${id},${amount}\n`).join(''));
    console.log(`  export  wrote ${orders.length} lines`);
    return { path, count: orders.length };
  },
});

const days: Readonly<Record<string, readonly Order[]>> = {
  Monday: [
    { id: 1, amount: 20 },
    { id: 2, amount: 35 },
  ],
  Tuesday: [
    { id: 3, amount: 12 },
    { id: 4, amount: 0 },
  ],
};

try {
  for (const [day, orders] of Object.entries(days)) {
    console.log(day);
    try {
      const { count } = await exportOrders.trigger(orders);
      console.log(`  done    ${count} orders exported`);
    } catch (error) {
      console.log(`  failed  ${(error as Error).message}`);
    }
  }
  for (const { name, runCount, errorCount } of [look, exportOrders, readBack]) {
    console.log(`${name}: ${runCount} runs, ${errorCount} failed`);
  }
} finally {
  await rm(folder, { recursive: true });
}
