/** A process with a store of its own in memory, whose election is in a file; prints each slot that runs here. */

import { distributedCoordination, TaskManager, task } from 'taskspan';

/** @type {{ election: string, leaseMs: number }} */
const { election, leaseMs } = JSON.parse(process.argv[2] ?? '');

const tick = task('tick', (_input, ctx) => {
  process.stdout.write(`${ctx.job?.schedule?.slot}\n`);
});
const manager = new TaskManager({
  distributedCoordinator: new distributedCoordination.StoreCoordinator({ store: election, leaseMs }),
});
manager.addAndScheduleTask(tick, '* * * * * *');
await manager.start();
process.once('SIGTERM', () => void manager.close());
