/** Insert and exchange: what goes to their scripts, and what comes back. */

import type { NewJob } from '../../core/job.js';
import { isRunsEnd, type Transition } from '../../core/transitions.js';
import type { InsertAnswer } from '../../store/contract.js';
import type { ExchangeReply, ExchangeRequest, Settle, SettleAnswer } from '../../store/exchange.js';
import { listOf, type Reply, textOf, textOrNull, textsOf } from './client.js';
import { claimedJobOf, inputFlag, reasonCode, restOf } from './packed.js';

/** Jobs that come one after the other and are placed alike. */
interface Group {
  n: number;
  readonly queue: string;
  readonly delayMs?: number;
  readonly dueAt?: number;
  readonly priority: number;
  readonly input: number;
  readonly isUnique?: true;
  readonly hasKeys?: true;
  readonly isScheduled?: true;
}

export function insertArgs(jobs: readonly NewJob[]): { groups: readonly Group[]; values: string[] } {
  const groups: Group[] = [];
  const values: string[] = [];
  let last: NewJob | null = null;
  for (const job of jobs) {
    values.push(job.id, restOf(job));
    if (last !== null && isPlacedAlike(last, job)) (groups.at(-1) as Group).n += 1;
    else groups.push(groupOf(job));
    last = job;
  }
  return { groups, values };
}

function isPlacedAlike(a: NewJob, b: NewJob): boolean {
  return (
    a.queue === b.queue &&
    a.delayMs === b.delayMs &&
    a.dueAt === b.dueAt &&
    a.priority === b.priority &&
    (a.input === null) === (b.input === null) &&
    (a.unique === null) === (b.unique === null) &&
    hasKeys(a) === hasKeys(b) &&
    isScheduled(a) === isScheduled(b)
  );
}

function hasKeys({ keys }: NewJob): boolean {
  return keys !== null && keys.length > 0;
}

function isScheduled({ rare }: NewJob): boolean {
  return rare?.scheduleId !== undefined;
}

function groupOf(job: NewJob): Group {
  return {
    n: 1,
    queue: job.queue,
    ...(job.dueAt === null ? { delayMs: job.delayMs } : { dueAt: job.dueAt }),
    priority: job.priority,
    input: inputFlag(job),
    ...(job.unique !== null && { isUnique: true }),
    ...(hasKeys(job) && { hasKeys: true }),
    ...(isScheduled(job) && { isScheduled: true }),
  };
}

const insertStatuses: Readonly<Record<string, InsertAnswer['status']>> = {
  i: 'inserted',
  t: 'inserted',
  e: 'existing',
  r: 'replaced',
  c: 'conflict',
};

const TAKEN = 't'.charCodeAt(0);

export function insertAnswers(jobs: readonly NewJob[], reply: Reply): readonly InsertAnswer[] {
  const [letters, , others] = listOf(reply);
  const statuses = textOf(letters);
  const answers = jobs.map(({ id }, i): InsertAnswer => {
    const answer = { status: 'inserted', id, digest: null } as const;
    return statuses.charCodeAt(i) === TAKEN ? { ...answer, isTaken: true } : answer;
  });
  const told = textsOf(others);
  for (let i = 0; i < told.length; i += 3) {
    const at = Number(told[i]) - 1;
    const digest = told[i + 2] as string;
    answers[at] = {
      status: insertStatuses[statuses.charAt(at)] as InsertAnswer['status'],
      id: told[i + 1] as string,
      digest: digest === '' ? null : digest,
    };
  }
  return answers;
}

/** What a settle does to its job; most of one exchange do the same. */
interface Kind {
  readonly to: 'C' | 'F' | 'X' | 'P';
  readonly reason: number;
  readonly isRunsEnd: boolean;
  /** The common end of a run: completed, kept for a time, and not counted. */
  readonly isPlain: boolean;
  readonly refund: boolean;
  /** It goes back to where it was in the order of claim; else it is due `delay` ms after the end of the run. */
  readonly keepsPlace: boolean;
  readonly delay: number;
  readonly parked?: string;
  readonly keys?: string;
  readonly keep?: { readonly completedMs?: number; readonly failedMs?: number; readonly count?: number };
}

const letters = { completed: 'C', failed: 'F', cancelled: 'X', pending: 'P' } as const;

function kindOf({ transition }: Settle): Kind {
  const { to, reason, error, refund, delayMs, parkedOn, keys, keep } = transition;
  return {
    to: letters[to],
    reason: reasonCode(reason),
    isRunsEnd: isRunsEnd(transition),
    isPlain: reason === 'completed' && error === null && keep !== null && keep.count === null,
    refund,
    keepsPlace: refund && reason !== 'snoozed',
    delay: Math.ceil(delayMs),
    ...(parkedOn !== null && { parked: parkedOn }),
    ...(keys !== null && { keys: keys.length === 0 ? '' : JSON.stringify(keys) }),
    ...(keep !== null && {
      keep: {
        ...(keep.completedMs !== null && { completedMs: keep.completedMs }),
        ...(keep.failedMs !== null && { failedMs: keep.failedMs }),
        ...(keep.count !== null && { count: keep.count }),
      },
    }),
  };
}

function isSameKind(a: Transition, b: Transition): boolean {
  return (
    a.to === b.to &&
    a.reason === b.reason &&
    a.refund === b.refund &&
    a.delayMs === b.delayMs &&
    a.keep === b.keep &&
    a.parkedOn === b.parkedOn &&
    a.keys === b.keys
  );
}

/** The tables that the settles of one exchange share: an entry for each that is new, an index for the others. */
function settleArgs(items: readonly Settle[]): {
  kinds: readonly Kind[];
  tokens: readonly string[];
  settles: readonly number[];
  values: string[];
} {
  const kinds: Kind[] = [];
  const tokens = new Map<string, number>();
  const settles: number[] = [];
  const ids: string[] = [];
  const texts: string[] = [];
  const textNumber = (text: string | null): number => (text === null ? 0 : texts.push(text));
  let last: Settle | null = null;
  for (const item of items) {
    const { transition } = item;
    if (last === null || !isSameKind(last.transition, transition)) kinds.push(kindOf(item));
    last = item;
    let token = tokens.get(item.token);
    if (token === undefined) {
      token = tokens.size + 1;
      tokens.set(item.token, token);
    }
    ids.push(item.id);
    settles.push(
      kinds.length,
      token,
      Math.max(0, Math.round(item.endedAgoMs)),
      textNumber(transition.result),
      textNumber(transition.error === null ? null : JSON.stringify(transition.error)),
    );
  }
  return { kinds, tokens: [...tokens.keys()], settles, values: [...ids, ...texts] };
}

export function exchangeArgs({ worker, settle, claim, heard = [] }: ExchangeRequest): {
  args: object;
  values: readonly string[];
} {
  const { values, ...settling } = settleArgs(settle);
  return {
    args: {
      worker,
      heard,
      ...settling,
      claim:
        claim === null ? undefined : { ...claim, suspect: claim.suspectToken ?? undefined, suspectToken: undefined },
    },
    values,
  };
}

const settleAnswers: Readonly<Record<string, SettleAnswer>> = { o: 'ok', r: 'repeated', l: 'lost' };

export function exchangeReply(reply: Reply): ExchangeReply {
  const [now, settled, more, nextAt, orphans, paused, , ...claimed] = listOf(reply);
  const jobs = [];
  for (let i = 0; i < claimed.length; i += 2) jobs.push(claimedJobOf(textOf(claimed[i]), claimed[i + 1] as Buffer));
  const next = textOrNull(nextAt);
  return {
    now: Number(textOf(now)),
    settled: Array.from(textOf(settled), (letter) => settleAnswers[letter] as SettleAnswer),
    jobs,
    more: more === 1,
    nextAt: next === '' ? null : Number(next),
    orphans: textsOf(orphans),
    paused: textsOf(paused),
  };
}
