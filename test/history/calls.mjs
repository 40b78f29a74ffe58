/**
 * What a client does: whatever it likes to a few jobs that others use too, and each call is written down before and after.
 * It imports nothing, so that it runs in a process of its own, on `dist`, and in that of a test, on the sources.
 */

/**
 * @typedef {object} Client
 * @property {import('../../src/index.js').Store} store which is open
 * @property {string} name
 * @property {readonly string[]} ids of the jobs
 * @property {number} calls how many it makes
 * @property {number} seed of its choices
 * @property {() => number} now never steps back, and is the same for all clients
 * @property {import('../../src/core/transitions.js').Transition} transition with which it settles: completed
 * @property {(line: import('./job-history.js').LogLine) => void} write
 */

const LEASE_MS = 3_600_000;

/** Resolves when all its calls were answered. @param {Client} client */
export async function makeCalls(client) {
  const calls = new Calls(client);
  for (let call = 1; call <= client.calls; call++) await calls.make(call);
}

class Calls {
  #client;
  #state;
  /** @type {{ id: string, seq: number, token: string }[]} */
  #held = [];
  #claims = 0;

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
    this.#state = client.seed;
  }

  /** @param {number} call */
  make(call) {
    const dice = this.#chance();
    if (dice < 0.2) return this.#insert(call);
    if (dice < 0.5) return this.#exchange(call);
    if (dice < 0.62) return this.#control(call, 'cancel');
    if (dice < 0.8) return this.#control(call, 'retry');
    return this.#get(call);
  }

  /** @param {number} call */
  async #insert(call) {
    const id = this.#anyId();
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
    await this.#logged(call, id, 'insert', async () => (await this.#client.store.insert([job]))[0]?.status);
  }

  /** Settles some of what it holds, perhaps once more, and claims. @param {number} call */
  async #exchange(call) {
    const { store, name, now, transition } = this.#client;
    const settle = this.#held.filter(() => this.#chance() < 0.4).slice(0, 3);
    for (const one of settle) {
      const isAgain = this.#chance() < 0.2;
      if (!isAgain) this.#held = this.#held.filter((other) => other !== one);
    }
    this.#claims += 1;
    const token = `${name}-${this.#claims}`;
    const lines = settle.map((one) => /** @type {const} */ ({ job: one.id, verb: 'settle', token: one.token }));
    const calledAt = now();
    // What it claims is known only afterwards: until then it may be any of them.
    const claim = /** @type {const} */ ({ verb: 'claim', token });
    this.#write({ job: '*', ...claim, call, calledAt, answeredAt: null });
    for (const line of lines) this.#write({ ...line, call, calledAt, answeredAt: null });
    const reply = await store.exchange({
      worker: name,
      settle: settle.map((one) => ({ ...one, transition, endedAgoMs: 0 })),
      claim: {
        token,
        suspectToken: null,
        queues: ['default'],
        slots: Math.floor(this.#chance() * 3),
        prefetch: 0,
        leaseMs: LEASE_MS,
        adopt: [],
        isWorkKnown: false,
      },
    });
    const answeredAt = now();
    lines.forEach((line, i) => {
      this.#write({ ...line, call, calledAt, answeredAt, answer: /** @type {string} */ (reply.settled[i]) });
    });
    for (const { id, seq, token: under } of reply.jobs) {
      this.#held.push({ id, seq, token: under });
      this.#write({ job: id, ...claim, call, calledAt, answeredAt, answer: 'claimed' });
    }
    this.#write({ job: '*', ...claim, call, calledAt, answeredAt });
  }

  /** @param {number} call @param {'cancel' | 'retry'} action */
  async #control(call, action) {
    const id = this.#anyId();
    await this.#logged(call, id, action, async () => {
      const { answers } = await this.#client.store.control(action, { ids: [id] }, 1);
      return answers[0]?.outcome;
    });
  }

  /** @param {number} call */
  async #get(call) {
    const id = this.#anyId();
    await this.#logged(call, id, 'get', async () => (await this.#client.store.get([id]))[0]?.state ?? 'absent');
  }

  /**
   * @param {number} call
   * @param {string} job
   * @param {import('./job-history.js').LogLine['verb']} verb
   * @param {() => Promise<string | undefined>} perform
   */
  async #logged(call, job, verb, perform) {
    const calledAt = this.#client.now();
    this.#write({ job, verb, call, calledAt, answeredAt: null });
    const answer = /** @type {string} */ (await perform());
    this.#write({ job, verb, call, calledAt, answeredAt: this.#client.now(), answer });
  }

  /** @param {Omit<import('./job-history.js').LogLine, 'client'>} line */
  #write(line) {
    this.#client.write({ ...line, client: this.#client.name });
  }

  #anyId() {
    const { ids } = this.#client;
    return /** @type {string} */ (ids[Math.floor(this.#chance() * ids.length)]);
  }

  #chance() {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}
