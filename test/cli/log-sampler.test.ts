/** The log of a terminal, when jobs end faster than anyone reads. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogSampler } from '../../src/cli/log-sampler.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('lines of one kind', () => {
  const offered = (sampler: LogSampler, printed: string[], kind: string, count: number): void => {
    for (let i = 0; i < count; i += 1) {
      sampler.offer(
        kind,
        () => printed.push(`${kind} ${i}`),
        (more) => printed.push(`${kind} and ${more} more up to ${i}`),
      );
    }
  };

  it('are all printed while they are few', () => {
    const printed: string[] = [];
    const sampler = new LogSampler();
    for (let second = 0; second < 3; second += 1) {
      offered(sampler, printed, 'a', 10);
      vi.advanceTimersByTime(1_000);
    }
    expect(printed).toHaveLength(30);
  });

  it('beyond ten a second are counted, and the last one speaks for them', () => {
    const printed: string[] = [];
    const sampler = new LogSampler();
    offered(sampler, printed, 'a', 5_123);
    offered(sampler, printed, 'b', 1);
    expect(printed).toHaveLength(11);
    vi.advanceTimersByTime(1_000);
    expect(printed.slice(10)).toEqual(['b 0', 'a and 5113 more up to 5122']);
  });

  it('are not kept from the one who closes', () => {
    const printed: string[] = [];
    const sampler = new LogSampler();
    offered(sampler, printed, 'a', 12);
    sampler.flush();
    expect(printed.at(-1)).toBe('a and 2 more up to 11');
    expect(vi.getTimerCount()).toBe(0);
    sampler.flush();
    expect(printed).toHaveLength(11);
  });
});
