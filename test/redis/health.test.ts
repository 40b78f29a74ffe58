/** What is made of what a server says of itself, and of numbers of writes. */

import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../src/stores/redis/health.js';
import { JUMP, Losses } from '../../src/stores/redis/losses.js';
import { scripts } from '../../src/stores/redis/scripts.js';
import { durabilityOf, type ServerFacts } from '../../src/stores/redis/server.js';

const NOW = 1_800_000_000_000;
const sound: ServerFacts = {
  version: '7.0.15',
  persistence: 'aof-always',
  eviction: 'noeviction',
  maxMemoryBytes: 0,
  usedMemoryBytes: 1_000,
  replicas: 0,
};

describe('findings', () => {
  it.each<readonly [Partial<ServerFacts>, string, readonly string[]]>([
    [{}, 'durable', []],
    [{ replicas: 1 }, 'bounded', ['note redis-bounded']],
    [{ persistence: 'aof-everysec' }, 'bounded', ['note redis-bounded']],
    [{ persistence: 'aof-no' }, 'bounded', ['note redis-bounded']],
    [{ persistence: 'rdb' }, 'bounded', ['warning redis-not-durable']],
    [{ persistence: 'none' }, 'none', ['warning redis-not-durable']],
    [{ persistence: 'unknown' }, 'bounded', ['note redis-durability-unknown']],
    [{ persistence: 'aof' }, 'bounded', ['note redis-durability-unknown']],
    [{ eviction: null }, 'durable', ['note redis-eviction-unknown']],
    [{ eviction: 'allkeys-lru' }, 'durable', ['warning redis-eviction']],
    [{ eviction: 'allkeys-lru', maxMemoryBytes: 10_000 }, 'durable', ['problem redis-eviction']],
    [{ maxMemoryBytes: 1_100 }, 'durable', ['warning redis-memory']],
  ])('given a server with %o, then it is %s, and that is found', (facts, durability, expected) => {
    const found = { ...sound, ...facts };
    expect(durabilityOf(found)).toBe(durability);
    expect(findingsOf(found, null, NOW).map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
  });

  it('given a loss, when it is a day old, then it is told of no more', () => {
    const codes = (agoMs: number) => findingsOf(sound, { at: NOW - agoMs, calls: 7 }, NOW).map(({ code }) => code);
    expect([codes(1_000), codes(86_400_001)]).toEqual([['lost-writes'], []]);
  });
});

describe('losses', () => {
  /** Hears numbers of writes, in turn, and answers how many losses were reported. */
  async function reported(numbers: readonly number[], recover = async (seen: number) => seen + JUMP): Promise<number> {
    let reports = 0;
    const losses = new Losses('redis', recover);
    losses.subscribe(() => {
      reports += 1;
    });
    for (const n of numbers) {
      losses.heard(scripts.insert, ['', n, []]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return reports;
  }

  it.each<readonly [string, readonly number[], number]>([
    ['that grow', [5, 6, 6, 90, 10_000_000], 0],
    ['of which one is lower', [5, 100, 40, 100 + JUMP + 1], 1],
    ['that jump, as another process has noticed it', [5, 100, 60 + JUMP, 61 + JUMP], 1],
    ['with two losses', [100, 40, 101 + JUMP, 3], 2],
    ['that begin high', [7 * JUMP, 7 * JUMP + 1], 0],
  ])('given numbers %s, then each loss is reported once', async (_, numbers, expected) => {
    expect(await reported(numbers)).toBe(expected);
  });

  it('given a server that goes away again while it is told, then it is reported once, and what it has next is where to begin', async () => {
    expect(await reported([100, 40, 41, 42], () => Promise.reject(new Error('gone')))).toBe(1);
  });
});
