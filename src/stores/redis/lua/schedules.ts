/**
 * Schedules: `schedules` has their definitions as they were given, `fired` what became of them, `slots` the next ones.
 */

import { lua } from './lua.js';

const shared = lua`
-- A waiting job goes with its rule unless it was claimed before; one that was asked for between the slots only with the
-- schedule itself. The fingerprint is that of the rule from now on; nil: the schedule is removed.
local function remove_unclaimed(id, fingerprint)
  local ids = call('SMEMBERS', P .. 'scheduled:' .. id)
  load(ids)
  for i = 1, #ids do
    local job = job_of(ids[i])
    if job and not job.claimed and job.generation == 1 then
      local version = given(meta(job).rare.scheduleVersion)
      if not fingerprint or version and version ~= fingerprint then whole.remove(job) end
    end
  end
end

-- Its jobs in other partitions go later, whatever happens meanwhile: this stays until they have.
local function note_leaving(id, fingerprint, isRemoved)
  if args.isSpread then call('SADD', P .. 'leaving', cjson.encode({ id, fingerprint, isRemoved })) end
end

local function set_next(id, at)
  call('ZADD', P .. 'slots', at and text(at) or '+inf', id)
end
`;

/**
 * in    args: from, id, definitionVersion, fingerprint, nextAt, isSpread; ARGV: the definition
 * out   created, updated, unchanged or stale
 */
export const putSchedule: string = lua`${shared}
local stored = call('HGET', P .. 'schedules', args.id)
local earlier = stored and cjson.decode(stored)
local outcome = 'created'
if earlier then
  outcome = 'updated'
  if args.definitionVersion < earlier.definitionVersion then return 'stale' end
  if earlier.fingerprint == args.fingerprint then
    -- Registered again, it goes on where it was: its rule keeps the moment from which its slots are counted.
    if args.definitionVersion == earlier.definitionVersion then return 'unchanged' end
    local version = '"definitionVersion":[^,}]+'
    local raised = string.gsub(stored, version, string.match(ARGV[2], version), 1)
    call('HSET', P .. 'schedules', args.id, raised)
    return 'updated'
  end
  note_leaving(args.id, earlier.fingerprint, false)
end
-- Without an earlier one too: an insert may have come after the schedule that it was made for was removed.
remove_unclaimed(args.id, args.fingerprint)
local created = earlier and string.match(call('HGET', P .. 'fired', args.id), '^%S+') or text(now)
call('HSET', P .. 'schedules', args.id, ARGV[2])
call('HSET', P .. 'fired', args.id, created .. ' {"firedCount":0,"lastJobId":null,"lastSlot":null}')
set_next(args.id, args.nextAt)
isNews = true
write_all()
return outcome
`;

/**
 * in    args: from, id, isSpread
 * out   1 if it was there
 */
export const removeSchedule: string = lua`${shared}
local stored = call('HGET', P .. 'schedules', args.id)
remove_unclaimed(args.id)
if stored then note_leaving(args.id, cjson.decode(stored).fingerprint, true) end
local n = call('HDEL', P .. 'schedules', args.id)
call('HDEL', P .. 'fired', args.id)
call('ZREM', P .. 'slots', args.id)
isNews = n == 1
write_all()
return n
`;

/**
 * in    args: limit, dueBefore, byIds; ARGV: ids
 * out   definition, what became of it, and the next slot, of each
 */
export const listSchedules: string = lua`
local ids, reply = {}, {}
if args.byIds then
  local seen = {}
  for i = 2, #ARGV do
    if not seen[ARGV[i]] then
      seen[ARGV[i]] = true
      ids[#ids + 1] = ARGV[i]
    end
  end
else
  local most = args.dueBefore and text(args.dueBefore) or '+inf'
  ids = call('ZRANGEBYSCORE', P .. 'slots', '-inf', most, 'LIMIT', 0, args.limit)
end
for _, id in ipairs(ids) do
  local stored = call('HGET', P .. 'schedules', id)
  if stored then
    reply[#reply + 1] = stored
    reply[#reply + 1] = call('HGET', P .. 'fired', id)
    reply[#reply + 1] = call('ZSCORE', P .. 'slots', id)
  end
end
return reply
`;

/**
 * in    args: from, advances[] of id, fingerprint, fromNextAt, toNextAt; ARGV: what became of each
 * out   1 or 0 for each
 */
export const advanceSchedules: string = lua`${shared}
local answers = {}
for i, advance in ipairs(args.advances) do
  local stored = call('HGET', P .. 'schedules', advance.id)
  local at = call('ZSCORE', P .. 'slots', advance.id)
  if stored and cjson.decode(stored).fingerprint == advance.fingerprint and tonumber(at) == (advance.fromNextAt or math.huge) then
    local created = string.match(call('HGET', P .. 'fired', advance.id), '^%S+')
    call('HSET', P .. 'fired', advance.id, created .. ' ' .. ARGV[i + 1])
    set_next(advance.id, advance.toNextAt)
    answers[i] = 1
  else
    answers[i] = 0
  end
end
write_all()
return answers
`;
