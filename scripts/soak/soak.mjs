/** One soak from beginning to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskManager, taskRef } from 'taskspan';
import { openStore } from '../../dist/drivers/node.js';
import { Crew } from './crew.mjs';
import { historyOf } from './history.mjs';
import { journal, Reader } from './journal.mjs';
import { Judge } from './judge.mjs';
import { reportOf } from './report.mjs';

const LEASE_MS = 1_500;
/** Ended jobs stay so long: longer than it takes the judge to look at those of which nobody told the end. */
const KEEP_MS = 60_000;
/** Something happens to a process as often as this, on average. */
const TROUBLE_MS = 1_300;
const LOOK_MS = 5_000;
/** Nobody has told its end for so long: it is looked for in the store. */
const OVERDUE_MS = 8_000;
const LOOKED_AT_ONCE = 200;
/** Once nothing happens any more, all must end within this. */
const HEAL_MS = 120_000;
const READ_MS = 50;
const SLOTS_MS = 500;
/** What happens, again and again, each time to another. A leader that is to live long is paused instead of killed. */
const TROUBLES = /** @type {const} */ ([
  { how: 'kill', whom: 'worker' },
  { how: 'pause', whom: 'worker' },
  { how: 'pause', whom: 'leader' },
  { how: 'kill', whom: 'producer' },
  // Another leads by now.
  { how: 'kill', whom: 'leader' },
  { how: 'restart', whom: 'worker' },
  { how: 'pause', whom: 'leader' },
  { how: 'pause', whom: 'producer' },
  { how: 'kill', whom: 'leader' },
  { how: 'kill', whom: 'worker' },
]);

export class Soak {
  judge = new Judge();
  #options;
  #reader;
  #write;
  #crew;
  #state;
  /** @type {import('taskspan').Store | null} */
  #store = null;

  /** @param {{ forMs: number, store: string, journalPath: string, seed: number }} options */
  constructor(options) {
    this.#options = options;
    const { store, journalPath, seed } = options;
    this.#reader = new Reader(journalPath);
    this.#write = journal(journalPath, 'soak');
    this.#crew = new Crew({ store, journal: journalPath, leaseMs: LEASE_MS, keepMs: KEEP_MS }, this.#write);
    this.#state = seed;
  }

  killAll() {
    this.#crew.killAll();
  }

  async run() {
    const startedAt = Date.now();
    const store = await openStore(this.#options.store);
    this.#store = store;
    const manager = new TaskManager({ store, work: false });
    for (const [role, isMortal] of /** @type {const} */ ([
      ['worker', false],
      ['worker', true],
      ['worker', true],
      ['producer', false],
      ['producer', true],
    ]))
      this.#crew.add(role, isMortal);
    /** @type {Readonly<Record<string, import('taskspan').RecurrenceOptions>>} */
    const rules = { [`each ${SLOTS_MS}`]: { every: SLOTS_MS }, 'cron 1000': { cron: '* * * * * *' } };
    for (const [id, rule] of Object.entries(rules))
      await manager.schedule(taskRef('slot'), undefined, { id, ...rule, overlap: 'allow', missed: 'all' });
    const reading = setInterval(() => this.#read(), READ_MS);

    await this.#trouble(startedAt + this.#options.forMs);
    const troubledMs = Date.now() - startedAt;
    const slotsUntil = Date.now() - 1_000;
    await this.#crew.end('producer', 20_000);
    await this.#heal(slotsUntil);
    for (const { id } of await manager.schedules()) await manager.unschedule(id);
    await this.#crew.end('worker', 20_000);
    const left = await manager.count();
    clearInterval(reading);
    this.#read();
    this.judge.close(slotsUntil);
    await manager.close();

    const { judge } = this;
    const offences = [...judge.offences, ...this.#crew.complaints.map((what) => ({ n: null, what }))];
    if (left.pending + left.running > 0)
      offences.push({ n: null, what: `${left.pending} jobs wait and ${left.running} run when all is over` });
    const history = await historyOf(offences, this.#options.journalPath);
    return reportOf({ judge, counts: this.#crew.counts, troubledMs, left, offences, history });
  }

  #read() {
    this.#reader.read((line) => this.judge.see(line));
  }

  /** @param {number} until */
  async #trouble(until) {
    let lookAt = 0;
    let strikes = 0;
    // First they all begin.
    for (let waitMs = 2 * TROUBLE_MS; Date.now() + waitMs < until; waitMs = TROUBLE_MS * (0.5 + this.#chance())) {
      await sleep(waitMs);
      if (Date.now() > lookAt) {
        await this.#look(OVERDUE_MS);
        lookAt = Date.now() + LOOK_MS;
      }
      this.#strike(/** @type {(typeof TROUBLES)[number]} */ (TROUBLES[strikes++ % TROUBLES.length]));
    }
    await sleep(Math.max(0, until - Date.now()));
  }

  /** @param {(typeof TROUBLES)[number]} trouble */
  #strike({ how, whom }) {
    const { leader } = this.judge;
    const fit = this.#crew.members.filter(
      ({ name, role, isMortal, isPaused }) =>
        !isPaused &&
        (whom === 'leader' ? name === leader : role === whom) &&
        (how === 'pause' || isMortal || whom === 'leader'),
    );
    const victim = fit[Math.floor(this.#chance() * fit.length)];
    if (victim === undefined) return;
    const isLeader = victim.name === leader;
    if (how === 'pause' || !victim.isMortal) this.#crew.pause(victim, LEASE_MS * (1.2 + this.#chance()), isLeader);
    else if (how === 'restart') this.#crew.restart(victim);
    else this.#crew.kill(victim, isLeader);
  }

  /** Looks into the store for jobs of which nobody has told the end. @param {number} overdueMs */
  async #look(overdueMs) {
    const now = Number(process.hrtime.bigint()) / 1e6;
    const overdue = [...this.judge.open].filter(([, { at }]) => at < now - overdueMs);
    for (let i = 0; i < overdue.length; i += LOOKED_AT_ONCE) {
      const some = overdue.slice(i, i + LOOKED_AT_ONCE);
      const records = (await this.#store?.get(some.map(([, { id }]) => id))) ?? [];
      // What was told before the look is read first.
      this.#read();
      some.forEach(([n], at) => {
        this.judge.looked(n, records[at] ?? null);
      });
    }
  }

  /** @param {number} slotsUntil */
  async #heal(slotsUntil) {
    const until = Date.now() + HEAL_MS;
    const isDone = () => this.judge.open.size === 0 && this.judge.slotGaps(slotsUntil).length === 0;
    while (!isDone() && Date.now() < until) {
      await sleep(300);
      await this.#look(0);
    }
  }

  #chance() {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}
