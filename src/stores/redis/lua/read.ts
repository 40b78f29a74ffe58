/** Scripts that only read. */

import { lua } from './lua.js';

/**
 * in    ARGV: ids
 * out   id, record, result, errors, progress of each that is there
 */
export const get: string = lua`
local ids, reply = {}, {}
for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
load(ids)
for i = 1, #ids do
  local job = job_of(ids[i])
  if job then as_stored(job, pack(job), reply) end
end
return reply
`;

/**
 * in    args: filter, letters, cursor, limit, lookedAt
 * out   the cursor or '', then id, record, result, errors, progress of each
 */
export const list: string = lua`
local reply = { '' }
local cursor = find(args.filter, args.letters, args.cursor, args.limit, args.lookedAt, function(job)
  as_stored(job, pack(job), reply)
end)
if cursor then reply[1] = text(cursor) end
return reply
`;

/**
 * in    args: filter, letters, cursor, lookedAt
 * out   the cursor or '', then letter and number in turn
 */
export const tallies: string = lua`
local n = {}
local cursor = find(args.filter, args.letters, args.cursor, math.huge, args.lookedAt, function(job)
  n[job.place] = (n[job.place] or 0) + 1
end)
local reply = { cursor and text(cursor) or '' }
for place, number in pairs(n) do
  reply[#reply + 1] = place
  reply[#reply + 1] = number
end
return reply
`;

/**
 * in    ARGV: id
 * out   nothing if it isn't there; else now, its record in five parts, the queue's settings or '', how many run in it, the worker and
 *       the end of its claim or '', and for each key: name, state, limits, how many wait, ids of holders
 */
export const inspect: string = lua`
local HOLDERS, CLAIMS, LOOKED_AT = 10, 200, 2000
local job = job_of(ARGV[2])
if not job then return {} end

local function holders_of(name)
  local holders, looked = {}, 0
  for _, token in ipairs(call('ZREVRANGE', P .. 'leases', 0, CLAIMS - 1)) do
    local found = claim_of(token)
    for _, held in ipairs(found and looked < LOOKED_AT and held_by(token, found) or {}) do
      looked = looked + 1
      for _, key in ipairs(keys(held) or {}) do
        if key == name and #holders < HOLDERS then holders[#holders + 1] = held.id end
      end
    end
    if #holders >= HOLDERS then break end
  end
  return holders
end

local record, queue = {}, meta(job).queue
as_stored(job, pack(job), record)
local reply = { text(now), record, call('HGET', P .. 'queues', queue) or '', counted('R', queue), '', '' }
if job.place == 'R' then
  local found = claim_of(job.token)
  if found then
    reply[5], reply[6] = found.worker, call('ZSCORE', P .. 'leases', job.token)
  end
end
for _, name in ipairs(keys(job) or {}) do
  local key, waiting = keyed.key_of(name), 0
  for _, line in ipairs(keyed.lines_of(key)) do waiting = waiting + call('ZCARD', P .. 'line:' .. line .. '\0' .. name) end
  local group = string.sub(name, 1, string.find(name, '/', 1, true) - 1)
  reply[#reply + 1] = {
    name, call('HGET', P .. 'keys', name) or '', call('HGET', P .. 'groups', group) or '', waiting, holders_of(name),
  }
end
return reply
`;

/** out   letter with queue, and number, in turn */
export const counts: string = lua`
return call('HGETALL', P .. 'counts')
`;

/** out   id and what its worker said of itself, in turn */
export const workers: string = lua`
local found, reply = call('HGETALL', P .. 'workers'), {}
for i = 1, #found, 2 do
  local seen, leaseMs, presence = string.match(found[i + 1], '^(%S+) (%S+) (.*)$')
  if seen + leaseMs > now then
    reply[#reply + 1] = seen
    reply[#reply + 1] = presence
  end
end
return reply
`;
