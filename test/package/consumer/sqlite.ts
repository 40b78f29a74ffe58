// A user's program on the store that a URL names.
import { TaskManager, task } from 'taskspan';

const double = task('double', async (input: { of: number }) => input.of * 2);

const manager = new TaskManager({ store: 'sqlite:./tasks.db', tasks: [double] });
await manager.start();
const job = await manager.enqueue(double, { of: 21 });
console.log(await job.result());
await manager.close();
