/** What the bench says of what it measured. */
import { describe, expect, it } from 'vitest';
import { summarize } from '../../bench/harness/summary.mjs';
import type { Comparison, Measured } from '../../bench/harness/types.d.ts';

const measures = {
  perSecond: { unit: 'jobs/s', better: 'more' },
  waitMs: { unit: 'ms', better: 'less' },
} as const;

function contestant(name: string, rounds: readonly Record<string, number>[], failure?: string): Measured {
  return {
    contestant: { name, node: 'this', script: 'script.mjs', size: {}, setting: `that of ${name}` },
    node: 'v20.19.0',
    outputs: rounds.map((round) => ({ ...round, sqlite: 'SQLite 3.50.4' })),
    failure,
  };
}

function judge(comparison: Omit<Comparison, 'name' | 'ours'>, ...contestants: readonly Measured[]) {
  const row = { title: 'Row', work: 'Work.', measures, comparisons: [{ name: 'it', ours: 'ours', ...comparison }] };
  return summarize(row, contestants).comparisons[0];
}

const speeds = (...values: readonly number[]) => values.map((perSecond) => ({ perSecond }));
const waits = (...values: readonly number[]) => values.map((waitMs) => ({ waitMs }));

describe('a comparison', () => {
  it('given peers, is the ratio of our median to that of the best of them, with the spread of its rounds', () => {
    const judged = judge(
      { measure: 'perSecond', peers: ['slow', 'fast'], floor: 2, goal: 4 },
      contestant('ours', speeds(900, 600, 300)),
      contestant('slow', speeds(100, 100, 100)),
      contestant('fast', speeds(150, 200, 300)),
    );
    expect(judged).toMatchObject({ peer: 'fast', median: 600, peerMedian: 200, ratio: 3, reached: 'floor' });
    expect(judged).toMatchObject({ ratioMin: 1, ratioMax: 6 });
  });

  it('given a measure of which less is better, has a ratio above 1 where ours is less', () => {
    const judged = judge(
      { measure: 'waitMs', peers: ['slow', 'fast'], floor: 2, goal: 4 },
      contestant('ours', waits(1)),
      contestant('slow', waits(9)),
      contestant('fast', waits(5)),
    );
    expect(judged).toMatchObject({ peer: 'fast', ratio: 5, reached: 'goal' });
  });

  it.each([
    [0.3, 'goal'],
    [0.31, 'floor'],
    [1.1, 'below'],
  ])('given no peers and a median of %d ms, reaches: %s', (median, reached) => {
    expect(judge({ measure: 'waitMs', floor: 1, goal: 0.3 }, contestant('ours', waits(median)))).toMatchObject({
      reached,
    });
  });

  it('by value, judges our own median and shows the ratio beside it', () => {
    const judged = judge(
      { measure: 'waitMs', peers: ['peer'], by: 'value', floor: 2 },
      contestant('ours', waits(3)),
      contestant('peer', waits(30)),
    );
    expect(judged).toMatchObject({ ratio: 10, reached: 'below' });
  });

  it('is not judged where a contestant failed, even a peer that was not the best', () => {
    const judged = judge(
      { measure: 'perSecond', peers: ['whole', 'broken'], floor: 1 },
      contestant('ours', speeds(10, 10)),
      contestant('whole', speeds(5, 5)),
      contestant('broken', speeds(4), 'exit code 1'),
    );
    expect(judged?.reached).toBe('not measured');
  });

  it.each([
    [20, 'goal'],
    [19, 'below'],
  ])('given a goal and no floor, and a median of %d a second, reaches: %s', (median, reached) => {
    expect(judge({ measure: 'perSecond', goal: 20 }, contestant('ours', speeds(median)))).toMatchObject({ reached });
  });

  it('without a floor and a goal is shown and not judged', () => {
    expect(judge({ measure: 'perSecond' }, contestant('ours', speeds(10)))).toMatchObject({
      median: 10,
      reached: 'none set',
    });
  });

  it('throws for a contestant that the row does not have', () => {
    expect(() => judge({ measure: 'perSecond', peers: ['nobody'] }, contestant('ours', speeds(10)))).toThrow(/nobody/);
  });
});

it('a contestant is shown with its median, lowest and highest, and with what it says of itself', () => {
  const row = { title: 'Row', work: 'Work.', measures, comparisons: [] };
  const [ours] = summarize(row, [contestant('ours', speeds(1_234.5, 10.126, 3, 5))]).contestants;
  expect(ours?.measures.perSecond).toEqual({ median: 7.56, min: 3, max: 1_235, values: [1_235, 10.1, 3, 5] });
  expect(ours).toMatchObject({ node: 'v20.19.0', setting: 'that of ours', sqlite: 'SQLite 3.50.4' });
});
