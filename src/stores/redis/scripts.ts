/** The scripts of the store: each verb's own text behind the parts that it calls. */

import { books } from './lua/books.js';
import { claims, putClaim } from './lua/claims.js';
import { control } from './lua/control.js';
import { events } from './lua/events.js';
import { exchange } from './lua/exchange.js';
import { extend } from './lua/extend.js';
import { find } from './lua/find.js';
import { awaitEnds, follow } from './lua/follow.js';
import { format } from './lua/format.js';
import { fresh } from './lua/fresh.js';
import { fronts } from './lua/fronts.js';
import { insert } from './lua/insert.js';
import { keys } from './lua/keys.js';
import { maintain } from './lua/maintain.js';
import { openClaims, openField } from './lua/open.js';
import { homes, layout, leaving, withdraw } from './lua/partitions.js';
import { places } from './lua/places.js';
import { plain } from './lua/plain.js';
import { prelude } from './lua/prelude.js';
import { queues } from './lua/queues.js';
import { counts, get, inspect, list, tallies, workers } from './lua/read.js';
import { record } from './lua/record.js';
import { look, recover } from './lua/recover.js';
import { evenIfFull } from './lua/room.js';
import { advanceSchedules, listSchedules, putSchedule, removeSchedule } from './lua/schedules.js';
import { campaign, configure, resign } from './lua/settings.js';
import { transitions } from './lua/transitions.js';
import { turnstile } from './lua/turnstile.js';
import { update } from './lua/update.js';
import { Script } from './script.js';

/** The states of constraint keys, and what a job needs that goes the whole way: each is made once a call asks for it. */
const keyed = `local whole
local keyed = lazily(function()${keys}
  return {
    load_keys = load_keys, key_of = key_of, lines_of = lines_of, set_lines = set_lines, status_of = status_of, blocked_on = blocked_on,
    start = start, stop = stop, forget = forget, forget_limits = forget_limits, write_key = write_key, write_keys = write_keys,
  }
end)
`;
const whole = `whole = lazily(function()${fronts}${places}${turnstile}${transitions}
  return {
    first_ready = first_ready, ready_remove = ready_remove,
    join = join, open_cooled = open_cooled, leave_line = leave_line, leave_everywhere = leave_everywhere, refresh_all = refresh_all,
    enter = enter, leave = leave, move = move, remove = remove, is_waiting = is_waiting, is_ended = is_ended,
    settle = settle, claim = claim, expire = expire, control = control, set_side = set_side,
  }
end)
`;

const start = [prelude, format, events];
const rest = [record, books, keyed, whole];
const jobs = [...start, ...rest];
const settling = [plain, claims];
const changes = [...jobs, ...settling];

type ScriptName =
  | 'insert'
  | 'exchange'
  | 'extend'
  | 'follow'
  | 'awaitEnds'
  | 'update'
  | 'maintain'
  | 'control'
  | 'get'
  | 'list'
  | 'counts'
  | 'tallies'
  | 'inspect'
  | 'workers'
  | 'putSchedule'
  | 'removeSchedule'
  | 'listSchedules'
  | 'advanceSchedules'
  | 'configure'
  | 'campaign'
  | 'resign'
  | 'recover'
  | 'look'
  | 'layout'
  | 'homes'
  | 'leaving'
  | 'withdraw';

export const scripts: Readonly<Record<ScriptName, Script>> = {
  insert: new Script('insert', [...start, putClaim, openField, fresh, ...rest, ...settling, insert], 1),
  exchange: new Script('exchange', [...changes, putClaim, openField, queues, openClaims, exchange], 6),
  follow: new Script('follow', [prelude, follow], 1),
  awaitEnds: new Script('awaitEnds', [prelude, awaitEnds]),
  extend: new Script('extend', [prelude, evenIfFull, extend], 4),
  update: new Script('update', [...changes, update]),
  maintain: new Script('maintain', [...changes, evenIfFull, maintain]),
  control: new Script('control', [...changes, find, evenIfFull, control]),
  get: new Script('get', [...jobs, find, get]),
  list: new Script('list', [...jobs, find, list]),
  counts: new Script('counts', [prelude, counts]),
  tallies: new Script('tallies', [...jobs, find, tallies]),
  inspect: new Script('inspect', [...changes, queues, find, inspect]),
  workers: new Script('workers', [prelude, workers]),
  putSchedule: new Script('putSchedule', [...changes, putSchedule]),
  removeSchedule: new Script('removeSchedule', [...changes, removeSchedule]),
  listSchedules: new Script('listSchedules', [prelude, listSchedules]),
  advanceSchedules: new Script('advanceSchedules', [...changes, advanceSchedules]),
  configure: new Script('configure', [...changes, configure]),
  campaign: new Script('campaign', [prelude, evenIfFull, campaign]),
  resign: new Script('resign', [prelude, resign]),
  recover: new Script('recover', [prelude, recover]),
  look: new Script('look', [prelude, look]),
  layout: new Script('layout', [prelude, layout]),
  homes: new Script('homes', [prelude, homes]),
  leaving: new Script('leaving', [prelude, leaving]),
  withdraw: new Script('withdraw', [...changes, withdraw]),
};
