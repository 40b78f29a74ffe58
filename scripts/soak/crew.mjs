/** The processes of a soak: they are killed, stopped and continued, and those that died are born again. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Settings what a program of this folder is told
 * @property {string} name of this life of it
 * @property {string} store
 * @property {string} journal
 * @property {number} leaseMs
 * @property {number} keepMs how long ended jobs stay
 * @property {number} first the number of a producer's first job
 *
 * @typedef {object} Member
 * @property {'worker' | 'producer'} role
 * @property {string} name of this life of it
 * @property {boolean} isMortal
 * @property {import('node:child_process').ChildProcess} process
 * @property {boolean} isPaused
 * @property {boolean} isTold to end
 * @property {Promise<string>} ended how: an exit code, or a signal
 */

const programs = {
  worker: fileURLToPath(new URL('worker.mjs', import.meta.url)),
  producer: fileURLToPath(new URL('producer.mjs', import.meta.url)),
};
/** No producer makes as many in its life. */
const NUMBERS_OF_A_LIFE = 1e9;

export class Crew {
  /** @type {Member[]} */
  members = [];
  counts = { killedWorkers: 0, killedLeaders: 0, killedProducers: 0, paused: 0, pausedLeaders: 0, restarted: 0 };
  /** What went wrong with its processes: nobody else ended them. @type {string[]} */
  complaints = [];
  #settings;
  #write;
  #lives = 0;
  #isOver = false;

  /** @param {Omit<Settings, 'name' | 'first'>} settings @param {(what: string, details?: object) => void} write */
  constructor(settings, write) {
    this.#settings = settings;
    this.#write = write;
  }

  /** @param {Member['role']} role @param {boolean} isMortal */
  add(role, isMortal) {
    this.#lives += 1;
    const name = `${role} ${this.#lives}`;
    const settings = { ...this.#settings, name, first: this.#lives * NUMBERS_OF_A_LIFE };
    const child = spawn(process.execPath, ['--no-warnings', '--expose-gc', programs[role], JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said = `${said}${text}`.slice(-2_000);
    });
    this.#write('is born', { whom: name, pid: child.pid });
    /** @type {Member['ended']} */
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? `${code}`)));
    const member = { role, name, isMortal, process: child, isPaused: false, isTold: false, ended };
    this.members.push(member);
    void ended.then((how) => {
      this.#write('died', { whom: name, how });
      this.members = this.members.filter((other) => other !== member);
      // One that had just begun did not know the signal yet.
      const isAsTold = member.isTold && (how === '0' || how === 'SIGTERM');
      if (how !== 'SIGKILL' && !isAsTold) this.complaints.push(`${name} ended with ${how}: ${said}`);
      if (!this.#isOver) this.add(role, isMortal);
    });
  }

  /** @param {Member} member @param {boolean} isLeader */
  kill({ name, role, process: child }, isLeader) {
    this.#write('is killed', { whom: name });
    if (role === 'producer') this.counts.killedProducers += 1;
    else this.counts.killedWorkers += 1;
    if (isLeader) this.counts.killedLeaders += 1;
    child.kill('SIGKILL');
  }

  /** Lets it end by itself, as a deploy does. @param {Member} member */
  restart(member) {
    this.counts.restarted += 1;
    this.#tellToEnd(member);
  }

  /** @param {Member} member @param {number} ms @param {boolean} isLeader */
  pause(member, ms, isLeader) {
    const { name, process: child } = member;
    this.#write('stands still', { whom: name });
    this.counts.paused += 1;
    if (isLeader) this.counts.pausedLeaders += 1;
    member.isPaused = true;
    child.kill('SIGSTOP');
    setTimeout(() => {
      member.isPaused = false;
      this.#write('continues', { whom: name });
      child.kill('SIGCONT');
    }, ms);
  }

  /** Those of a role end, and nobody takes their place. @param {Member['role']} role @param {number} withinMs */
  async end(role, withinMs) {
    this.#isOver = true;
    const ending = this.members.filter((member) => member.role === role);
    for (const member of ending) this.#tellToEnd(member);
    const late = setTimeout(() => {
      for (const { name, process: child } of ending.filter((member) => this.members.includes(member))) {
        this.complaints.push(`${name} had not ended ${withinMs} ms after it was told to`);
        child.kill('SIGKILL');
      }
    }, withinMs);
    await Promise.all(ending.map(({ ended }) => ended));
    clearTimeout(late);
  }

  /** @param {Member} member */
  #tellToEnd(member) {
    this.#write('is told to end', { whom: member.name });
    member.isTold = true;
    member.process.kill('SIGTERM');
  }

  /** Whatever happens. */
  killAll() {
    this.#isOver = true;
    for (const { process: child } of this.members) child.kill('SIGKILL');
  }
}
