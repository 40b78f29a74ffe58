/** Mistakes in what a manager makes of a caller's wish. @type {import('./index.mjs').Mutant[]} */
export const manager = [
  {
    name: 'key-without-id',
    breaks: 'a job with an idempotency key has a random id',
    file: 'manager/new-job.ts',
    find: 'idempotencyKey === undefined\n        ? maker.newId',
    replace: 'idempotencyKey !== null\n        ? maker.newId',
  },
  {
    name: 'key-without-digest',
    breaks: 'another input under the same key is not told from the first',
    file: 'manager/new-job.ts',
    find: 'digest: idempotencyKey === undefined ? null : digest(source.name, text),',
    replace: 'digest: digest("", ""),',
  },
  {
    name: 'key-without-queue',
    breaks: 'the same key in two queues is one job',
    file: 'manager/new-job.ts',
    find: ': keyedId(source.queue, idempotencyKey, PARTITION),',
    replace: ": keyedId('default', idempotencyKey, PARTITION),",
  },
  {
    name: 'delay-dropped',
    breaks: 'a job that is to wait is due at once',
    file: 'manager/new-job.ts',
    find: 'delayMs: delayOf(options),',
    replace: 'delayMs: 0 * delayOf(options),',
  },
  {
    name: 'keys-dropped-by-producer',
    breaks: 'a producer that has the groups stores no keys',
    file: 'manager/new-job.ts',
    find: 'keys: maker.keysFor(source, input),',
    replace: 'keys: [],',
  },
  {
    name: 'unique-across-tasks',
    breaks: 'another task’s job under the same unique key stands for this one',
    file: 'manager/new-job.ts',
    find: 'return { key: `${task}/${nonEmptyString(',
    replace: 'return { key: `${task.slice(0, 0)}/${nonEmptyString(',
  },
  {
    name: 'conflict-swallowed',
    breaks: 'enqueue resolves although its key belongs to another input',
    file: 'manager/conflicts.ts',
    find: "if (answer.status === 'conflict') {",
    replace: "if (answer.id === '') {",
  },
  {
    name: 'manual-trigger-keyed-by-time',
    breaks: 'a schedule that is triggered by hand twice within one moment makes one job',
    file: 'manager/schedules.ts',
    find: 'const job = jobOf(record, engine.newId(now, 0), now);',
    replace: 'const job = jobOf(record, `${id}-${now}`, now);',
  },
];
