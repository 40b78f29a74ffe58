/**
 * Each key has had a run and cools down, and a trigger waits for it: how many timers are alive then, beyond those that
 * were before. At the end all that waited have run, so the timers were enough.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { TaskConstraintGroup } from '../../dist/index.js';
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { TaskManager, task } from '../harness/taskspan.mjs';
import { timersAlive } from './timers-alive.mjs';

/** Longer than a slow machine takes to trigger them all. */
const COOLDOWN_MS = 3_000;
const { keys } = setting();
let ran = 0;
const noop = task('noop', async () => {
  ran += 1;
});
const manager = new TaskManager({ tasks: [noop] });
manager.addConstraintGroup(
  new TaskConstraintGroup({
    name: 'tenant',
    maxConcurrent: 1,
    cooldownMs: COOLDOWN_MS,
    constraintKeyForExecution: (_task, { key }) => key,
  }),
);
const triggerAll = () =>
  Array.from({ length: keys }, (_, i) => manager.triggerTask(noop, { ...input(i), key: `tenant-${i}` }));

await turn();
const before = timersAlive();
await Promise.all(triggerAll());
const waiting = triggerAll();
// What was cleared is told a turn later.
await turn();
const timers = timersAlive() - before;

expectCount(ran, keys, 'runs while the keys cool');
await Promise.all(waiting);
expectCount(ran, 2 * keys, 'runs');
report({ timers });
await manager.close();
