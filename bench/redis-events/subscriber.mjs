/** Another process on the cluster, which runs nothing and hears of everything. */
import { setting } from '../harness/contestant.mjs';
import { TaskManager, task } from '../harness/taskspan-redis.mjs';

const { store } = setting();
const manager = new TaskManager({ store, tasks: [task('noop', async () => {})], work: false });
const counts = { completed: 0, dropped: 0 };

await manager.start();
process.on('message', () => process.send(counts));
process.on('disconnect', () => process.exit());
void listen();
process.send('ready');

async function listen() {
  for await (const event of eventsOfCluster()) {
    if (event.type === 'completed') counts.completed += 1;
    if (event.type === 'dropped') counts.dropped += event.count;
  }
}

/** The one place that says how one hears of the whole cluster. */
function eventsOfCluster() {
  return manager.events({ buffer: 100_000 });
}
