/** What processes on one file hear of each other. Looks at the file are made by faked timers, one after each change. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClaimedJob } from '../../src/core/job.js';
import { completed } from '../../src/core/transitions.js';
import {
  claimRequest,
  keep,
  newJob,
  newPresence,
  newSchedule,
  QUEUE,
  settleOf,
} from '../../src/store/conformance/fixtures.js';
import type { SqliteStore } from '../../src/stores/sqlite/index.js';
import { drivers, SqliteFile } from './sqlite-file.js';

/** Longer than the store waits between looks, whatever it hears from the file system. */
const LOOK_MS = 1_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

describe.each(drivers)('notifications of %s', (driver) => {
  /** Two stores, and how often the second is notified of what is done. */
  async function pair(): Promise<{ a: SqliteStore; b: SqliteStore; hears: (act: () => unknown) => Promise<number> }> {
    const file = SqliteFile.forTest();
    const [a, b] = [await file.open({ driver }), await file.open({ driver })];
    let heard = 0;
    b.notify?.subscribe(() => heard++);
    const hears = async (act: () => unknown): Promise<number> => {
      vi.advanceTimersByTime(LOOK_MS);
      const before = heard;
      await act();
      vi.advanceTimersByTime(LOOK_MS);
      return heard - before;
    };
    return { a, b, hears };
  }

  async function claimed(store: SqliteStore): Promise<ClaimedJob> {
    await store.insert([newJob()]);
    const { jobs } = await store.exchange({ worker: 'worker-1', settle: [], claim: claimRequest({}) });
    return jobs[0] as ClaimedJob;
  }

  it('given two stores, when one only keeps house, then the other hears nothing', async () => {
    const { a, hears } = await pair();
    const job = await claimed(a);
    const extend = { worker: newPresence(), tokens: [job.token], leaseMs: 30_000, leaving: false };
    expect(await hears(() => a.extend(extend))).toBe(0);
    expect(await hears(() => a.leader?.campaign('worker-1', 30_000))).toBe(0);
    expect(await hears(() => a.maintain({ term: null, limit: 100 }))).toBe(0);
    expect(await hears(() => a.insert([newJob()]))).toBe(1);
  });

  it('given two stores, when one changes what the other may act on, then it hears of each change once', async () => {
    const { a, hears } = await pair();
    expect(await hears(() => a.insert([newJob()]))).toBe(1);
    const { jobs } = await a.exchange({ worker: 'worker-1', settle: [], claim: claimRequest({}) });
    const settle = [settleOf(jobs[0] as ClaimedJob, completed(null, keep))];
    expect(await hears(() => a.exchange({ worker: 'worker-1', settle, claim: null }))).toBe(1);
    const running = await claimed(a);
    expect(await hears(() => a.control('cancel', { ids: [running.id] }, 10))).toBe(1);
    expect(await hears(() => a.configure({ queues: [{ name: QUEUE, definitionVersion: 1, paused: true }] }))).toBe(1);
    expect(await hears(() => a.putSchedule(newSchedule()))).toBe(1);
    expect(await hears(() => a.removeSchedule('nightly'))).toBe(1);
  });

  it('given changes of its own, when a store makes them, then it hears nothing of them, and still all of the other’s', async () => {
    const { a, b, hears } = await pair();
    expect(await hears(() => b.insert([newJob()]))).toBe(0);
    expect(await hears(() => b.insert([newJob()]).then(() => a.insert([newJob()])))).toBe(1);
    expect(await hears(() => a.insert([newJob()]).then(() => b.insert([newJob()])))).toBe(1);
  });
});
