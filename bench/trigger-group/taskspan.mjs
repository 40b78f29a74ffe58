/**
 * Triggers a no-op task many times in one turn, through a constraint group that lets 10 run at once, and awaits all.
 * The clock runs from the first call until the last result is there.
 */
import { TaskConstraintGroup } from '../../dist/index.js';
import { expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { TaskManager, task } from '../harness/taskspan.mjs';
import { CONCURRENCY, watched } from './watched.mjs';

const { triggers, warmUp } = setting();
const seen = watched();
const noop = task('noop', seen.noop);
const manager = new TaskManager({ tasks: [noop] });
const group = new TaskConstraintGroup({
  name: 'ten',
  maxConcurrent: CONCURRENCY,
  constraintKeyForExecution: () => 'all',
});
manager.addConstraintGroup(group);

const run = (count) => Promise.all(Array.from({ length: count }, (_, i) => manager.triggerTask(noop, input(i))));

await run(warmUp);
const begunAt = performance.now();
const results = await run(triggers);
const speed = perSecond(triggers, begunAt);

seen.expect(warmUp + triggers, results);
expectCount(group.getRunningCount('all'), 0, 'slots held');
report({ perSecond: speed });
await manager.close();
