import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  constraintKey,
  ended,
  freshKey,
  type GroupLimits,
  groupOfKey,
  isForgettable,
  type KeyState,
  noLimits,
  opensAt,
  room,
  started,
  valueOfKey,
} from '../../src/core/constraint.js';

const limits = (given: Partial<GroupLimits>): GroupLimits => ({ ...noLimits, ...given });

describe('room under a key', () => {
  it('given no limits, when runs start, then there is always room', () => {
    let key: KeyState = freshKey;
    for (let i = 0; i < 1_000; i++) key = started(noLimits, key, i);
    expect([room(noLimits, key, 1_000), opensAt(noLimits, key, 1_000)]).toEqual([Infinity, 1_000]);
  });

  it('given maxConcurrent, when runs start and end, then room is what is left, and only an end opens a full key', () => {
    const two = limits({ maxConcurrent: 2 });
    const one = started(two, freshKey, 10);
    const full = started(two, one, 11);
    expect([room(two, freshKey, 9), room(two, one, 10), room(two, full, 11)]).toEqual([2, 1, 0]);
    expect([opensAt(two, one, 10), opensAt(two, full, 11)]).toEqual([10, null]);
    expect(room(two, ended(full, 12), 12)).toBe(1);
  });

  it('given a limit was lowered below what runs, when asked, then there is no room, and none negative', () => {
    const key = { ...freshKey, running: 5 };
    expect(room(limits({ maxConcurrent: 2 }), key, 0)).toBe(0);
    expect(opensAt(limits({ maxConcurrent: 2 }), key, 0)).toBeNull();
  });

  it('given a cooldown, when runs end out of order, then it counts from the latest end', () => {
    const cooling = limits({ cooldownMs: 100 });
    let key = started(cooling, started(cooling, freshKey, 0), 0);
    key = ended(ended(key, 500), 300);
    expect([room(cooling, key, 599), room(cooling, key, 600), opensAt(cooling, key, 550)]).toEqual([0, Infinity, 600]);
  });

  it('given a job was given back without a run, when it leaves, then no cooldown starts', () => {
    const cooling = limits({ cooldownMs: 100 });
    expect(room(cooling, ended(started(cooling, freshKey, 0), null), 1)).toBe(Infinity);
    expect(ended(freshKey, null).running).toBe(0);
  });

  it('given a rate of one, when a run starts, then the next may start exactly a window later', () => {
    const rated = limits({ rate: { limit: 1, perMs: 1_000 } });
    const key = started(rated, freshKey, 5_000);
    expect([room(rated, key, 5_999), room(rated, key, 6_000), opensAt(rated, key, 5_001)]).toEqual([0, 1, 6_000]);
  });

  it('given any rate and any attempts in time, when runs start whenever there is room, then no window ever has more than the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 120 }),
        (limit, perMs, gaps) => {
          const rated = limits({ rate: { limit, perMs } });
          let key: KeyState = freshKey;
          let now = 1_000_000;
          const starts: number[] = [];
          for (const gap of gaps) {
            now += gap;
            if (room(rated, key, now) === 0) continue;
            key = ended(started(rated, key, now), now);
            starts.push(now);
          }
          for (const from of starts) {
            expect(starts.filter((start) => start >= from && start < from + perMs).length).toBeLessThanOrEqual(limit);
          }
          expect(key.starts.length).toBeLessThanOrEqual(2 * 66);
        },
      ),
      { seed: 1 },
    );
  });

  it('given any history, when opensAt names a moment, then there is room then, and none just before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 0, max: 500 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 }),
        (limit, perMs, cooldownMs, gaps) => {
          const both = limits({ rate: { limit, perMs }, cooldownMs });
          let key: KeyState = freshKey;
          let now = 1_000_000;
          for (const gap of gaps) {
            now += gap;
            const at = opensAt(both, key, now) as number;
            expect(room(both, key, at)).toBeGreaterThan(0);
            if (at > now) expect(room(both, key, at - 1)).toBe(0);
            if (room(both, key, now) > 0) key = ended(started(both, key, now), now + 1);
          }
        },
      ),
      { seed: 2 },
    );
  });

  it('given a key with waiting to do, when asked, then it is forgotten only once that changes no answer', () => {
    const both = limits({ cooldownMs: 100, rate: { limit: 1, perMs: 1_000 } });
    const key = ended(started(both, freshKey, 0), 50);
    expect([49, 150, 999, 1_000].map((now) => isForgettable(both, key, now))).toEqual([false, false, false, true]);
    expect(isForgettable(both, started(both, freshKey, 0), 5_000)).toBe(false);
  });
});

describe('the stored form of a key', () => {
  it('given any group and key, when they are stored, then both come back and no other pair looks the same', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((s) => s.isWellFormed());
    fc.assert(
      fc.property(text, text, text, text, (group, key, otherGroup, otherKey) => {
        const stored = constraintKey(group, key);
        expect([groupOfKey(stored), valueOfKey(stored)]).toEqual([group, key]);
        if (group !== otherGroup || key !== otherKey) expect(constraintKey(otherGroup, otherKey)).not.toBe(stored);
        expect(stored.slice(0, stored.indexOf('/'))).not.toContain(':');
      }),
      { seed: 4 },
    );
  });
});
