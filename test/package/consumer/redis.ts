// A cluster's manager where ioredis isn't installed.
import { DefaultTaskManager, redis } from 'taskspan/redis';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const manager = new DefaultTaskManager<{ n: number }, number>({
  redis: 'redis://127.0.0.1:6379?namespace=any',
  logger,
});
const task = await manager.create({ n: 21 });
task.withTimeout(10_000).withDelayUntil(new Date()).withRetries(1);
task.on('success', (doubled) => console.log(doubled + 0));
manager.on('completed', ({ id, result }) => console.log(id, result));
try {
  const worker = await manager.process(async ({ data }, ctx) => {
    ctx.progress(50);
    return 2 * data.n;
  });
  console.log(worker.id);
} catch (error) {
  console.log(`${redis().kind}: ${(error as Error).message}`);
}
await manager.shutdown();
