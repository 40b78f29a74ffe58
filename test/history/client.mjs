/** Does what it likes to a few jobs of a store that others use too, and writes down each call before and after. */

import { openSync, writeSync } from 'node:fs';
import { sqlite } from 'taskspan/sqlite';
import { hashedId } from '../../dist/core/id.js';
import { completed } from '../../dist/core/transitions.js';

/** @type {{ path: string, log: string, client: string, jobs: number, calls: number, seed: number }} */
const { path, log, client, jobs, calls, seed } = JSON.parse(process.argv[2] ?? '');
const file = openSync(log, 'a');
const store = sqlite({ path });
await store.open();

let state = seed;
const chance = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const ids = Array.from({ length: jobs }, (_, i) => hashedId(['history', String(i)], 0));
const anyId = () => /** @type {string} */ (ids[Math.floor(chance() * ids.length)]);
const now = () => Number(process.hrtime.bigint()) / 1e6;
const keep = { completedMs: 3_600_000, failedMs: 3_600_000, count: null };
/** @type {{ id: string, seq: number, token: string }[]} */
const held = [];
let made = 0;

for (let call = 1; call <= calls; call++) {
  const dice = chance();
  if (dice < 0.2) await insert(call);
  else if (dice < 0.5) await exchange(call);
  else if (dice < 0.62) await control(call, 'cancel');
  else if (dice < 0.8) await control(call, 'retry');
  else await get(call);
}
await store.close();

/** @param {number} call */
async function insert(call) {
  const id = anyId();
  const job = {
    id,
    partition: 0,
    recordVersion: 1,
    minReader: 1,
    task: 'work',
    queue: 'default',
    input: null,
    delayMs: 0,
    dueAt: null,
    priority: 0,
    maxAttempts: null,
    labels: null,
    keys: null,
    unique: null,
    digest: 'same',
    rare: null,
  };
  await logged(call, [{ job: id, verb: 'insert' }], async () => {
    const [answer] = await store.insert([job]);
    return [answer?.status];
  });
}

/** Settles some of what it holds, perhaps once more, and claims. @param {number} call */
async function exchange(call) {
  const settle = held.filter(() => chance() < 0.4).slice(0, 3);
  for (const { id, token } of settle) {
    const again = chance() < 0.2;
    const at = held.findIndex((one) => one.id === id && one.token === token);
    if (!again && at >= 0) held.splice(at, 1);
  }
  made += 1;
  const token = `${client}-${made}`;
  const lines = settle.map(({ id, token: own }) => ({ job: id, verb: 'settle', token: own }));
  const calledAt = now();
  // What it claims is known only afterwards: until then it may be any of them.
  write({ job: '*', client, call, calledAt, answeredAt: null, verb: 'claim', token });
  for (const line of lines) write({ ...line, client, call, calledAt, answeredAt: null });
  const reply = await store.exchange({
    worker: client,
    settle: settle.map((one) => ({ ...one, transition: completed(null, keep), endedAgoMs: 0 })),
    claim: {
      token,
      suspectToken: null,
      queues: ['default'],
      slots: Math.floor(chance() * 3),
      prefetch: 0,
      leaseMs: 3_600_000,
      adopt: [],
      isWorkKnown: false,
    },
  });
  const answeredAt = now();
  for (const [i, line] of lines.entries()) {
    write({ ...line, client, call, calledAt, answeredAt, answer: reply.settled[i] });
  }
  for (const job of reply.jobs) {
    held.push({ id: job.id, seq: job.seq, token: job.token });
    write({ job: job.id, client, call, calledAt, answeredAt, verb: 'claim', token, answer: 'claimed' });
  }
  write({ job: '*', client, call, calledAt, answeredAt, verb: 'claim', token });
}

/** @param {number} call @param {'cancel' | 'retry'} action */
async function control(call, action) {
  const id = anyId();
  await logged(call, [{ job: id, verb: action }], async () => {
    const { answers } = await store.control(action, { ids: [id] }, 1);
    return [answers[0]?.outcome];
  });
}

/** @param {number} call */
async function get(call) {
  const id = anyId();
  await logged(call, [{ job: id, verb: 'get' }], async () => {
    const [job] = await store.get([id]);
    return [job?.state ?? 'absent'];
  });
}

/**
 * @param {number} call
 * @param {readonly object[]} lines
 * @param {() => Promise<readonly (string | undefined)[]>} perform
 */
async function logged(call, lines, perform) {
  const calledAt = now();
  for (const line of lines) write({ ...line, client, call, calledAt, answeredAt: null });
  const answers = await perform();
  const answeredAt = now();
  for (const [i, line] of lines.entries()) {
    write({ ...line, client, call, calledAt, answeredAt, answer: answers[i] });
  }
}

/** @param {object} line */
function write(line) {
  writeSync(file, `${JSON.stringify(line)}\n`);
}
