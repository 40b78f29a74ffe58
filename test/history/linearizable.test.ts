/** The search that judges histories finds what is illegal. */

import { describe, expect, it } from 'vitest';
import { absent, keyOf, type LogLine, operationOf } from './job-history.js';
import { isLinearizable } from './linearizable.js';

describe('the search for a legal order', () => {
  const line = (
    verb: LogLine['verb'],
    calledAt: number,
    answeredAt: number | null,
    more: Partial<LogLine>,
  ): LogLine => ({
    job: 'j',
    client: 'c',
    call: calledAt,
    calledAt,
    answeredAt,
    verb,
    ...more,
  });
  const has = (...lines: LogLine[]): boolean => isLinearizable(lines.map(operationOf), absent, keyOf);
  const inserted = line('insert', 0, 1, { answer: 'inserted' });

  it('given two claims of one job that overlap, when both were answered, then there is none', () => {
    const claims = ['a', 'b'].map((token) => line('claim', 2, 3, { token, answer: 'claimed' }));
    expect(has(inserted, claims[0] as LogLine)).toBe(true);
    expect(has(inserted, ...claims)).toBe(false);
  });

  it('given a look that saw a later state before an earlier one, when their calls don’t overlap, then there is none; when they do, there is one', () => {
    const claim = line('claim', 2, 9, { token: 'a', answer: 'claimed' });
    const [running, pending] = [line('get', 3, 4, { answer: 'running' }), line('get', 5, 6, { answer: 'pending' })];
    expect(has(inserted, claim, running, pending)).toBe(false);
    expect(has(inserted, claim, running, { ...pending, calledAt: 3 })).toBe(true);
  });

  it('given a call that was never answered, when later answers need it or forbid it, then it happened or it didn’t', () => {
    const unknown = line('claim', 2, null, { token: 'a' });
    expect(has(inserted, unknown, line('get', 5, 6, { answer: 'running' }))).toBe(true);
    expect(has(inserted, unknown, line('get', 5, 6, { answer: 'pending' }))).toBe(true);
    expect(has(inserted, line('get', 5, 6, { answer: 'running' }))).toBe(false);
  });

  it('given a settle under a token that lost the job, when it was answered ok, then there is none', () => {
    const claim = line('claim', 2, 3, { token: 'a', answer: 'claimed' });
    expect(has(inserted, claim, line('settle', 4, 5, { token: 'b', answer: 'lost' }))).toBe(true);
    expect(has(inserted, claim, line('settle', 4, 5, { token: 'b', answer: 'ok' }))).toBe(false);
  });
});
