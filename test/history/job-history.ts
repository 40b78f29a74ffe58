/** What one job may answer, whatever else happens in the store: the contract in its smallest form. */

import type { Operation } from './linearizable.js';

/** A line of a client's log: one operation on one job. Times are ms of the machine's monotonic clock. */
export interface LogLine {
  readonly job: string;
  readonly client: string;
  readonly calledAt: number;
  /** Null in the line that is written before the call; the answered one, if it comes, has the same `call`. */
  readonly answeredAt: number | null;
  readonly call: number;
  readonly verb: 'insert' | 'claim' | 'settle' | 'cancel' | 'retry' | 'get';
  /** Of a claim or a settle. */
  readonly token?: string;
  readonly answer?: string;
}

interface Job {
  readonly state: 'absent' | 'pending' | 'running' | 'completed' | 'cancelled';
  readonly token: string | null;
}

export const absent: Job = { state: 'absent', token: null };

export function keyOf({ state, token }: Job): string {
  return `${state}/${token}`;
}

export function operationOf(line: LogLine): Operation<Job> {
  const { verb, token = null, answer, answeredAt } = line;
  return {
    what: `${line.client} ${verb} ${token ?? ''} → ${answer ?? '?'}`,
    calledAt: line.calledAt,
    answeredAt,
    apply: (job) => {
      const [next, would] = carriedOut(job, verb, token);
      return answeredAt === null || would === answer ? next : null;
    },
  };
}

/** The job after it, and what it answers. */
function carriedOut(job: Job, verb: LogLine['verb'], token: string | null): readonly [Job, string] {
  switch (verb) {
    case 'insert':
      return job.state === 'absent' ? [{ state: 'pending', token: null }, 'inserted'] : [job, 'existing'];
    case 'claim':
      return job.state === 'pending' ? [{ state: 'running', token }, 'claimed'] : [job, 'impossible'];
    case 'settle':
      if (job.token !== token) return [job, 'lost'];
      return job.state === 'running' ? [{ state: 'completed', token }, 'ok'] : [job, 'repeated'];
    case 'cancel':
      if (job.state === 'pending') return [{ state: 'cancelled', token: job.token }, 'done'];
      if (job.state === 'running') return [job, 'requested'];
      return [job, job.state === 'absent' ? 'missing' : 'refused'];
    case 'retry':
      if (job.state === 'completed' || job.state === 'cancelled') return [{ state: 'pending', token: null }, 'done'];
      return [job, job.state === 'absent' ? 'missing' : 'refused'];
    case 'get':
      return [job, job.state];
  }
}
