/** The Redis store: each verb of the contract is one script, so each is atomic. */

import { constraintKey } from '../../core/constraint.js';
import type { NewJob } from '../../core/job.js';
import type {
  ControlAction,
  ControlAnswer,
  ControlReply,
  ExtendReply,
  ExtendRequest,
  InsertAnswer,
  MaintainReply,
  MaintainRequest,
  ProgressChange,
  ScheduleAdvance,
  ScheduleDefinition,
  ScheduleRecord,
  Selector,
  Settings,
  Store,
  WorkerPresence,
  WorkerRecord,
} from '../../store/index.js';
import { listOf, textOf, textsOf } from './client.js';
import type { Connection } from './connection.js';
import { follow } from './events.js';
import { exchangeArgs, exchangeReply, insertAnswers, insertArgs } from './exchange.js';
import { checkHealth } from './health.js';
import { notify } from './notify.js';
import { controlStateOf, count, cursorOf, filterArgs, get, inspect, list, storedLimits } from './query.js';
import { scripts } from './scripts.js';
import { durabilityOf } from './server.js';

/** Jobs of one call of insert: a larger one would hold up the server, which works on one while the next is put together. */
const INSERTED_AT_ONCE = 250;
/** Records of one call of control by a filter: likewise. */
const CONTROLLED_AT_ONCE = 100;

/** What a partition is to be told of the whole. */
export interface Whole {
  /** What must be so before it counts as open. */
  readonly check?: () => Promise<void>;
  /** There are others beside it, where jobs of its schedules may be. */
  readonly isSpread?: boolean;
}

/** A store of one partition. */
export function redisStore(connection: Connection, { check, isSpread = false }: Whole = {}): Store {
  return {
    kind: 'redis',
    location: connection.client.location,
    pipeline: { settles: 100 },
    get durability() {
      return durabilityOf(connection.facts);
    },
    health: { check: () => checkHealth(connection) },
    losses: { subscribe: (listener) => connection.losses.subscribe(listener) },
    leader: {
      async campaign(worker, leaseMs) {
        const term = Number(textOf(await connection.run(scripts.campaign, { worker, leaseMs })));
        return term === 0 ? null : term;
      },
      async resign(worker, term) {
        await connection.run(scripts.resign, { worker, term });
      },
    },
    notify: notify(connection),
    events: { follow: (follower) => follow(connection, follower) },
    open: () => connection.open(check),
    close: () => connection.close(),
    async insert(jobs) {
      connection.checkOpen();
      const calls = [];
      for (let i = 0; i < jobs.length; i += INSERTED_AT_ONCE) {
        calls.push(insertSome(connection, jobs.slice(i, i + INSERTED_AT_ONCE)));
      }
      return calls.length === 1 ? (calls[0] as Promise<readonly InsertAnswer[]>) : (await Promise.all(calls)).flat();
    },
    async exchange(request) {
      const { args, values } = exchangeArgs(request);
      return exchangeReply(await connection.run(scripts.exchange, args, values));
    },
    extend: (request) => extend(connection, request),
    update: (changes) => update(connection, changes),
    maintain: (request) => maintain(connection, request),
    control: (action, selector, limit) => control(connection, action, selector, limit),
    get: (ids) => get(connection, ids),
    list: (filter, cursor, limit) => list(connection, filter, cursor, limit),
    count: (filter) => count(connection, filter),
    inspect: (id) => inspect(connection, id),
    putSchedule: (schedule) => putSchedule(connection, schedule, isSpread),
    removeSchedule: async (id) => (await connection.run(scripts.removeSchedule, { id, isSpread })) === 1,
    listSchedules: (filter, limit) => listSchedules(connection, filter, limit),
    advanceSchedules: (advances) => advanceSchedules(connection, advances),
    configure: (settings) => configure(connection, settings),
    workers: () => workers(connection),
  };
}

async function insertSome(connection: Connection, jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]> {
  const { groups, values } = insertArgs(jobs);
  return insertAnswers(jobs, await connection.run(scripts.insert, { groups }, values));
}

async function extend(connection: Connection, request: ExtendRequest): Promise<ExtendReply> {
  const { worker, tokens, leaseMs, leaving } = request;
  const args = { id: worker.id, worker: JSON.stringify(worker), queues: worker.queues, tokens, leaseMs, leaving };
  const [now, lost, cancel, paused] = listOf(await connection.run(scripts.extend, args));
  return { now: Number(textOf(now)), lost: textsOf(lost), cancel: textsOf(cancel), paused: textsOf(paused) };
}

async function update(connection: Connection, changes: readonly ProgressChange[]): Promise<readonly ('ok' | 'lost')[]> {
  connection.checkOpen();
  if (changes.length === 0) return [];
  const values = changes.flatMap(({ id, token, progress }) => [id, token, progress]);
  return listOf(await connection.run(scripts.update, {}, values)).map((n) => (n === 1 ? 'ok' : 'lost'));
}

async function maintain(connection: Connection, { term, limit }: MaintainRequest): Promise<MaintainReply> {
  const reply = listOf(await connection.run(scripts.maintain, { term: term ?? undefined, limit }));
  const [refused, now, rescued, pruned, more, nextAt] = reply;
  const next = textOf(nextAt);
  return {
    refused: refused === 1,
    now: Number(textOf(now)),
    rescued: Number(rescued),
    pruned: Number(pruned),
    more: more === 1,
    nextAt: next === '' ? null : Number(next),
  };
}

async function control(
  connection: Connection,
  action: ControlAction,
  selector: Selector,
  limit: number,
): Promise<ControlReply> {
  connection.checkOpen();
  const isByIds = 'ids' in selector;
  if (isByIds && selector.ids.length === 0) return { answers: [], cursor: null };
  const args = isByIds
    ? { action }
    : {
        action,
        ...filterArgs(selector.filter, selector.cursor),
        limit: Math.min(limit, CONTROLLED_AT_ONCE),
      };
  const reply = await connection.run(scripts.control, args, isByIds ? selector.ids : []);
  const [cursor, ...parts] = listOf(reply);
  const answers: ControlAnswer[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    answers.push({
      id: textOf(parts[i]),
      outcome: textOf(parts[i + 1]) as ControlAnswer['outcome'],
      state: controlStateOf(parts[i + 2]),
    });
  }
  return { answers, cursor: cursorOf(cursor) };
}

async function putSchedule(
  connection: Connection,
  schedule: ScheduleDefinition,
  isSpread: boolean,
): Promise<'created' | 'updated' | 'unchanged' | 'stale'> {
  const { id, definitionVersion, fingerprint, nextAt, ...others } = schedule;
  const args = { id, definitionVersion, fingerprint, nextAt: nextAt ?? undefined, isSpread };
  const definition = JSON.stringify({ id, definitionVersion, fingerprint, ...others });
  return textOf(await connection.run(scripts.putSchedule, args, [definition])) as 'created';
}

async function listSchedules(
  connection: Connection,
  { ids, dueBefore }: Parameters<Store['listSchedules']>[0],
  limit: number,
): Promise<readonly ScheduleRecord[]> {
  const args = { limit, dueBefore: dueBefore === Infinity ? undefined : dueBefore, byIds: ids !== undefined };
  const parts = textsOf(await connection.run(scripts.listSchedules, args, ids ?? []));
  const found: ScheduleRecord[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const [definition, fired, slot] = parts.slice(i, i + 3) as [string, string, string];
    const space = fired.indexOf(' ');
    found.push({
      ...(JSON.parse(definition) as Omit<ScheduleDefinition, 'nextAt'>),
      nextAt: slot === 'inf' ? null : Number(slot),
      createdAt: Number(fired.slice(0, space)),
      ...(JSON.parse(fired.slice(space + 1)) as Pick<ScheduleRecord, 'firedCount' | 'lastJobId' | 'lastSlot'>),
    });
  }
  if (ids === undefined) return found;
  return found
    .filter(
      ({ nextAt }) => dueBefore === undefined || dueBefore === Infinity || (nextAt !== null && nextAt <= dueBefore),
    )
    .sort((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity) || 0)
    .slice(0, limit);
}

async function advanceSchedules(
  connection: Connection,
  advances: readonly ScheduleAdvance[],
): Promise<readonly boolean[]> {
  connection.checkOpen();
  if (advances.length === 0) return [];
  const args = {
    advances: advances.map(({ id, fingerprint, fromNextAt, toNextAt }) => ({
      id,
      fingerprint,
      fromNextAt,
      toNextAt: toNextAt ?? undefined,
    })),
  };
  const fired = advances.map(({ firedCount, lastJobId, lastSlot }) =>
    JSON.stringify({ firedCount, lastJobId, lastSlot }),
  );
  return listOf(await connection.run(scripts.advanceSchedules, args, fired)).map((n) => n === 1);
}

async function configure(connection: Connection, settings: Settings): Promise<readonly ('applied' | 'stale')[]> {
  const queues = (settings.queues ?? []).map(({ name, definitionVersion, paused, concurrency }) => ({
    name,
    definitionVersion,
    hasPaused: paused !== undefined,
    paused,
    hasConcurrency: concurrency !== undefined,
    concurrency: concurrency ?? undefined,
  }));
  const groups = (settings.groups ?? []).map(({ name, definitionVersion, limits }) => {
    const prefix = constraintKey(name, '');
    return {
      name: prefix.slice(0, -1),
      pattern: `${prefix.replace(/[*?[\]\\]/g, (c) => `\\${c}`)}*`,
      definitionVersion,
      ...storedLimits(limits),
    };
  });
  const reply = await connection.run(scripts.configure, { queues, groups });
  return listOf(reply).map((n) => (n === 1 ? 'applied' : 'stale'));
}

async function workers(connection: Connection): Promise<readonly WorkerRecord[]> {
  const parts = textsOf(await connection.run(scripts.workers, {}));
  const found: WorkerRecord[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    found.push({ ...(JSON.parse(parts[i + 1] as string) as WorkerPresence), seenAt: Number(parts[i]) });
  }
  return found;
}
