import { describe, expect, it } from 'vitest';
import { OpenClaims } from '../../src/engine/open-claims.js';
import { task } from '../../src/index.js';
import type { ClaimRequest, ExchangeRequest, Hint, Store } from '../../src/store/index.js';
import { snapshot, World, wrapped } from './world.js';

describe('a claim that stays open', () => {
  it('given two exchanges under way, when that which says to have heard is answered first, then the other answer is known all the same', () => {
    const open = new OpenClaims();
    open.sent('claim', 0);
    open.answered([], 'claim', new Set(), true);
    // One goes out; the hint comes; the next one says so.
    expect(open.fill('claim', 'filled')).toBe(0);
    open.answered(open.heard, null, new Set(), false);
    expect(open.answered([], null, new Set(['filled']), true)).toEqual(new Set(['filled']));
  });

  it('given an idle worker, when its open claim is filled, then the job runs at once, without an exchange before', async () => {
    const { world, kept, life, ran, insert } = await idle();
    const before = kept.exchanges;
    const id = await insert();
    await kept.fill();
    expect(kept.exchanges).toBe(before);
    await world.time.settle();
    expect(ran).toEqual([id]);
    await world.time.advance(100);
    expect(await snapshot(life.manager, id)).toMatchObject({ state: 'completed', attempt: 1 });
  });

  it('given a hint that comes twice, and again in the answer of the exchange under way, when the job has run, then it ran once', async () => {
    const { world, kept, life, ran, insert } = await idle();
    const id = await insert();
    kept.holds = true;
    // A poll is under way, made before the hint was heard.
    await world.time.advance('5s');
    await kept.fill({ times: 2, isAnsweredToo: true });
    await world.time.advance(100);
    kept.holds = false;
    await world.time.advance('20s');
    expect(ran).toEqual([id]);
    expect(await snapshot(life.manager, id)).toMatchObject({ state: 'completed', attempt: 1 });
  });

  it('given a hint that comes after the lease, when it is heard, then the job is left to others', async () => {
    const { world, kept, ran, insert } = await idle();
    const id = await insert();
    const tell = await kept.fill({ times: 0 });
    kept.holds = true;
    await world.time.advance('31s');
    tell();
    await world.time.settle();
    expect(ran).toEqual([]);
    expect(id).toEqual(expect.any(String));
  });

  it('given a worker that stops, when its claim is open, then it takes it back before it has stopped', async () => {
    const { world, kept, life } = await idle();
    const before = kept.exchanges;
    const stopped = life.manager.stop();
    await world.time.advance(10);
    await stopped;
    expect(kept.exchanges).toBe(before + 1);
    expect(kept.last).toMatchObject({ settle: [], claim: null });
  });

  it('given a worker that stops while the store fails, when its claim was open, then it closes all the same, soon', async () => {
    const { world, kept, life } = await idle();
    kept.fails = true;
    let isClosed = false;
    void life.manager.close({ timeout: '60s' }).then(() => {
      isClosed = true;
    });
    await world.time.advance('5s');
    expect(isClosed).toBe(true);
  });

  it('given a claim filled while its worker stops, when the hint comes, then the job is given back and costs no attempt', async () => {
    const { world, kept, life, ran, insert } = await idle();
    const id = await insert();
    const tell = await kept.fill({ times: 0 });
    kept.holds = true;
    const stopped = life.manager.stop();
    tell();
    kept.holds = false;
    await world.time.advance(100);
    await stopped;
    expect(ran).toEqual([]);
    expect(await snapshot(life.manager, id)).toMatchObject({ state: 'pending', attempt: 0 });
  });
});

/** A manager of one task on a store that keeps its claim open, which a test fills by hand. */
async function idle() {
  const world = new World();
  const kept = new Kept(world);
  const ran: string[] = [];
  const works = task('works', (_: unknown, { job }) => {
    ran.push(job?.id ?? '');
  });
  const life = await world.startedLife({ tasks: [works], store: kept.store });
  await world.time.advance(50);
  const producer = world.manager({ tasks: [works], store: kept.silent, work: false });
  return { world, kept, life, ran, insert: async () => (await producer.enqueue(works, undefined)).id };
}

class Kept {
  readonly store: Store;
  /** The same jobs, and nobody hears of new ones. */
  readonly silent: Store;
  exchanges = 0;
  fails = false;
  /** Exchanges are not answered. */
  holds = false;
  last: ExchangeRequest | null = null;
  readonly #world: World;
  #claim: { readonly worker: string; readonly claim: ClaimRequest } | null = null;
  #listener: (hint?: Hint) => void = () => {};
  #answersToo: string | null = null;

  constructor(world: World) {
    this.#world = world;
    const { store } = world;
    const fail = <T>(call: () => Promise<T>): Promise<T> =>
      this.fails ? Promise.reject(new Error('connection refused')) : call();
    this.silent = wrapped(store, { notify: undefined });
    this.store = wrapped(store, {
      notify: {
        keepsClaims: true,
        subscribe: (listener) => {
          this.#listener = listener;
          return () => {};
        },
      },
      extend: (request) => fail(() => store.extend(request)),
      insert: (jobs) => fail(() => store.insert(jobs)),
      exchange: (request) => fail(() => this.#exchange(request)),
    });
  }

  /** As an insert would. @returns tells the worker once more */
  async fill({ times = 1, isAnsweredToo = false } = {}): Promise<() => void> {
    const { worker, claim } = this.#claim!;
    const { jobs } = await this.#world.store.exchange({ worker, settle: [], claim });
    if (isAnsweredToo) this.#answersToo = claim.token;
    const tell = (): void => this.#listener({ filled: claim.token, jobs });
    for (let i = 0; i < times; i++) tell();
    return tell;
  }

  async #exchange(request: ExchangeRequest) {
    this.exchanges += 1;
    this.last = request;
    while (this.holds) await new Promise<void>((resolve) => this.#world.time.host.timer(10, resolve));
    const answered = this.#answersToo;
    this.#answersToo = null;
    if (answered !== null && request.heard?.includes(answered) !== true) {
      const claim = { ...this.#claim!.claim, token: answered };
      return this.#world.store.exchange({ ...request, claim });
    }
    const reply = await this.#world.store.exchange(request);
    this.#claim = request.claim?.keepsOpen === true ? { worker: request.worker, claim: request.claim } : null;
    return reply;
  }
}
