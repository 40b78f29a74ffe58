/** Judges what clients wrote: each job's calls must have a legal order. */

import { expect } from 'vitest';
import { hashedId } from '../../src/core/id.js';
import { absent, keyOf, type LogLine, operationOf } from './job-history.js';
import { isLinearizable } from './linearizable.js';

/** Few enough that clients meet at them, and many enough that each has a short history. */
export const jobIds: readonly string[] = Array.from({ length: 40 }, (_, i) => hashedId(['history', String(i)], 0));

/** @throws an assertion with the histories that have none; also where clients can't have met */
export function expectLegalOrders(lines: readonly LogLine[]): void {
  const histories = byJob(lines);
  expect(histories.size).toBe(jobIds.length);
  const illegal = [...histories].filter(([, own]) => !isLinearizable(own.map(operationOf), absent, keyOf));
  expect(illegal.map(([job, own]) => [job, ...own.map((line) => operationOf(line).what)])).toEqual([]);
  const answers = new Set([...histories.values()].flat().map(({ verb, answer }) => `${verb} ${answer}`));
  expect([...answers]).toEqual(
    expect.arrayContaining([
      'insert existing',
      'claim claimed',
      'settle ok',
      'cancel done',
      'retry done',
      'get running',
    ]),
  );
}

/** Answered calls, and those that never were: each once. */
function byJob(lines: readonly LogLine[]): Map<string, LogLine[]> {
  const of = ({ client, call, verb, job }: LogLine): string => `${client}/${call}/${verb}/${job}`;
  const answered = new Set(lines.filter(({ answeredAt }) => answeredAt !== null).map(of));
  const known = lines.filter((one) => one.answeredAt !== null || !answered.has(of(one)));
  const jobs = [...new Set(known.map(({ job }) => job))].filter((job) => job !== '*');
  const claims = known.filter(({ job, answeredAt }) => job === '*' && answeredAt === null);
  return new Map(
    jobs.map((job) => [job, [...known.filter((one) => one.job === job), ...claims.map((one) => ({ ...one, job }))]]),
  );
}
