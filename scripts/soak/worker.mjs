/** A worker of a soak: `node worker.mjs SETTINGS`, as JSON. It may be killed, stopped and continued at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskConstraintGroup, TaskManager, task } from 'taskspan';
import { openStore } from '../../dist/drivers/node.js';
import { journal, tellMemory } from './journal.mjs';
import { keyOf, kinds } from './kinds.mjs';

/** @type {import('./crew.mjs').Settings} */
const { name, store: url, journal: path, leaseMs, keepMs } = JSON.parse(process.argv[2] ?? '');
const write = journal(path, name);
const keep = { completed: keepMs, failed: keepMs };

/** The last run of each job here, and which run an event is about. @typedef {{ n?: number, run: string }} Run */
/** @type {Map<string, Run>} */
const lastOf = new Map();
/** @type {WeakMap<object, Run>} */
const runOf = new WeakMap();
let runs = 0;

const works = Object.entries(kinds).map(([kind, { attempts, workMs, failures = 0 }]) =>
  task(
    kind,
    async (/** @type {{ n: number }} */ { n }, { job, attempt, signal }) => {
      const run = /** @type {Run} */ (lastOf.get(job?.id ?? ''));
      run.n = n;
      write('starts', { ...run });
      try {
        if (workMs > 0) await sleep(workMs, undefined, { signal });
        if (attempt <= failures) throw new Error('as it was told to');
      } finally {
        write(signal.aborted ? 'is stopped' : 'ends', { ...run });
      }
    },
    { retry: { attempts, backoff: 50 }, keep },
  ),
);
const slots = task(
  'slot',
  (_input, { job }) => write('runs a slot', { schedule: job?.schedule?.id, slot: job?.schedule?.slot, id: job?.id }),
  { keep },
);

const manager = new TaskManager({ store: tellingTerms(await openStore(url)), leaseMs, tasks: [...works, slots] });
for (const [kind, { limit }] of Object.entries(kinds)) {
  if (limit === undefined) continue;
  const { maxConcurrent, cooldownMs } = limit;
  manager.addConstraintGroup(
    new TaskConstraintGroup({
      name: kind,
      maxConcurrent,
      cooldownMs,
      constraintKeyForExecution: (/** @type {{ name: string }} */ { name: of }, /** @type {{ n: number }} */ input) =>
        of === kind ? keyOf(kind, input.n) : null,
    }),
  );
}
manager.on('started', ({ job }) => {
  runs += 1;
  const run = { run: `${name}-${runs}` };
  runOf.set(job, run);
  lastOf.set(job.id, run);
});
for (const type of /** @type {const} */ (['completed', 'failed', 'retrying', 'returned', 'lost', 'cancelled'])) {
  manager.on(type, ({ job }) => {
    const run = runOf.get(job);
    if (lastOf.get(job.id) === run) lastOf.delete(job.id);
    if (job.task !== 'slot') write(type, run?.n === undefined ? { id: job.id } : { ...run });
  });
}
manager.on('error', ({ error, during }) => write('error', { message: `${during}: ${error}` }));

tellMemory(write);
process.once('SIGTERM', () => void manager.close({ timeout: 5_000 }));
await manager.start();
write('ready');

/** Writes down when it begins to lead. @param {import('taskspan').Store} store @returns {import('taskspan').Store} */
function tellingTerms(store) {
  const { leader } = store;
  if (leader === undefined) return store;
  /** @type {number | null} */
  let led = null;
  return {
    ...store,
    leader: {
      ...leader,
      async campaign(worker, ms) {
        const term = await leader.campaign(worker, ms);
        if (term !== null && term !== led) write('leads', { term });
        led = term;
        return term;
      },
    },
  };
}
