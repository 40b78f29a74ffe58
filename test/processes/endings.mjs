/** Managers that are stopped and closed at odd moments, one after the other. Nothing calls process.exit(): it must end by itself. */

import { TaskManager, task } from 'taskspan';

/** @type {{ folder: string | null, url?: string }} */
const { folder, url } = JSON.parse(process.argv[2] ?? '');

/** @type {TaskManager} */
let manager;
const quick = task('quick', () => 'done');
const stops = task('stops', async () => {
  await Promise.all([manager.stop(), manager.stop()]);
  return 'stopped';
});
const closes = task('closes', async () => {
  await Promise.all([manager.close({ timeout: 100 }), manager.close()]);
  return 'closed';
});
let made = 0;
function make() {
  made += 1;
  const store = url ?? (folder === null ? 'memory:' : `sqlite:${folder}/${made}.db`);
  return new TaskManager({ store, tasks: [quick, stops, closes] });
}

/** @type {Record<string, () => Promise<unknown>>} */
const endings = {
  async 'stopped while starting'() {
    const starting = manager.start();
    await Promise.all([manager.stop(), manager.stop(), starting]);
    await manager.start();
    await (await manager.enqueue(quick)).result();
    await manager.stop();
    await manager.stop();
    return manager.close();
  },
  async 'closed while starting'() {
    const starting = manager.start();
    await Promise.all([manager.close(), manager.close(), starting.catch(() => {})]);
  },
  async 'closed while opening, by an enqueue'() {
    const enqueued = manager.enqueue(quick);
    await Promise.all([manager.close(), enqueued.catch(() => {})]);
  },
  'closed and never used': () => manager.close(),
  async 'stopped in a handler'() {
    await manager.start();
    await (await manager.enqueue(stops)).result();
    return manager.close();
  },
  async 'closed in a handler'() {
    await manager.start();
    await (await manager.enqueue(closes)).result().catch(() => {});
    return manager.close();
  },
  async 'only stopped, never closed'() {
    await manager.start();
    await (await manager.enqueue(quick)).result();
    await manager.enqueue(quick, undefined, { in: '1h' });
    await manager.schedule(quick, undefined, { id: 's', every: '1h' });
    return manager.stop();
  },
};

/** @type {Record<string, readonly string[]>} */
const left = {};
// A connection to a server lives until it is closed.
if (url !== undefined) delete endings['only stopped, never closed'];
for (const [name, ending] of Object.entries(endings)) {
  manager = make();
  await ending();
  // A timer that was cleared may be told of until the loop has turned.
  await new Promise((resolve) => setImmediate(resolve));
  left[name] = process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|FSEvent|FSReq|Watch/.test(kind));
}
console.log(JSON.stringify(left));
