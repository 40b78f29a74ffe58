/** Tasks, listeners, loggers and schemas that misbehave in every way. It prints what became of the jobs, and ends by itself. */

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskConstraintGroup, TaskManager, task } from 'taskspan';

/** @type {{ store: string, isFloating: boolean }} */
const { store, isFloating } = JSON.parse(process.argv[2] ?? '');

/** @type {string[]} */
const unhandled = [];
if (isFloating) process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

const loud = () => {
  throw new Error('the logger is broken');
};
const once = { retry: { attempts: 1 } };
const refusing = {
  '~standard': {
    version: /** @type {const} */ (1),
    vendor: 'test',
    validate: () => (isAtWorker ? Promise.reject(new Error('the schema is broken')) : { value: undefined }),
  },
};
let isAtWorker = false;

const tasks = [
  task('throws', () => loud(), once),
  task('rejects', () => Promise.reject(new Error('no')), once),
  task('rejects with nothing', () => Promise.reject(), once),
  task('throws a symbol', () => Promise.reject(Symbol('s')), once),
  task(
    'rejects after its time-out',
    async () => {
      await sleep(150);
      throw new Error('too late');
    },
    { ...once, timeout: 20, grace: 20 },
  ),
  task('has a broken thenable', () => ({
    // biome-ignore lint/suspicious/noThenProperty: the very thing that is tested
    then(/** @type {(value: unknown) => void} */ resolve, /** @type {(error: unknown) => void} */ reject) {
      resolve('fine');
      reject(new Error('twice'));
      throw new Error('and thrown');
    },
  })),
  task('has a broken schema', () => {}, { ...once, schema: refusing }),
  task('returns what cannot be stored', () => () => {}, once),
  task('has a broken backoff', () => loud(), { retry: { attempts: 2, backoff: loud } }),
  task('leaves a rejection', () => {
    if (isFloating) void Promise.reject(new Error('left by the user'));
    return 'done';
  }),
  task('is fine', () => 'fine'),
];

const manager = new TaskManager({ store, tasks, logger: { debug: loud, info: loud, warn: loud, error: loud } });
manager.addConstraintGroup(
  new TaskConstraintGroup({
    name: 'rude',
    constraintKeyForExecution: () => null,
    shouldExecute: ({ name }) => (name === 'is fine' ? true : Promise.resolve(true)),
  }),
);
for (const type of /** @type {const} */ (['started', 'completed', 'failed', 'retrying', 'error'])) {
  manager.on(type, loud);
  // biome-ignore lint/nursery/noMisusedPromises: the very thing that is tested
  manager.on(type, /** @type {() => void} */ (() => Promise.reject(new Error('later'))));
}

const jobs = [];
for (const each of tasks) jobs.push(await manager.enqueue(each));
isAtWorker = true;
await manager.start();
/** @type {Record<string, string>} */
const ends = {};
for (const { id } of jobs) {
  await manager
    .handle(id)
    .result()
    .catch(() => {});
  const job = await manager.get(id);
  ends[job?.task ?? ''] = job?.reason ?? '';
}
await sleep(200);
await manager.close();
console.log(JSON.stringify({ ends, unhandled }));
