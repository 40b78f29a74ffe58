/**
 * A process of the cluster. Runs the document's sample, or works slowly; creates tasks when it is told to; and tells of
 * each stretch in which it was the master, by a clock that all processes of the machine share.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultTaskManager } from 'taskspan/redis';

/** @type {import('./member.d.ts').MemberSettings} */
const { redis, leaseMs, sample } = JSON.parse(process.argv[2] ?? '');
/** @param {import('./member.d.ts').Told} told */
const tell = (told) => process.send?.(told);
const nowMs = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;

class Manager extends DefaultTaskManager {
  constructor() {
    super({ redis, leaseMs });
  }

  /** @override @param {unknown} data */
  async create(data) {
    const task = await super.create(data);
    const { id } = task;
    task.on('success', (result) => tell({ what: 'success', id, data, result }));
    task.on('failure', ({ message }) => tell({ what: 'failure', id, data, result: message }));
    return task;
  }
}

const manager = sample === null ? await slow() : await runSample(sample);
watchMastery();
process.on('message', (/** @type {import('./member.d.ts').Command} */ { name, count }) => void create(name, count));
tell({ what: 'ready' });

/** @param {string} name @param {number} count */
async function create(name, count) {
  for (let i = 0; i < count; i++) {
    const task = await manager.create(`${name} ${i}`);
    await task.withRetries(2).commit();
    tell({ what: 'committed', id: task.id, data: task.data, result: null });
  }
}

async function slow() {
  const own = new Manager();
  await own.process(async ({ id, data }) => {
    tell({ what: 'started', id, data, result: null });
    await sleep(100);
    return process.pid;
  });
  process.on('SIGTERM', async () => {
    await own.shutdown();
    process.exit(0);
  });
  return own;
}

/** @param {string} text */
async function runSample(text) {
  const AsyncFunction = /** @type {FunctionConstructor} */ ((async () => {}).constructor);
  const print = (/** @type {string} */ line) => tell({ what: 'printed', id: '', data: line, result: null });
  const run = AsyncFunction('DefaultTaskManager', 'console', `${text}\nreturn manager;`);
  return /** @type {Promise<Manager>} */ (run(Manager, { log: print }));
}

function watchMastery() {
  /** @type {number | null} */
  let since = null;
  let last = 0;
  setInterval(() => {
    const now = nowMs();
    const isMaster = manager.isMaster();
    // The clock is read before the question, so what is told lies within what was so.
    if (isMaster) {
      since ??= nowMs();
      last = now;
      tell({ what: 'master', from: since, to: Math.max(since, last) });
    } else since = null;
  }, 5).unref();
}
