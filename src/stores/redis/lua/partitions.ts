/** What partition 0 knows of all: how many there are, which group holds where, and which jobs of schedules are to go. */

import { lua } from './lua.js';

/**
 * in    args: partitions, places (as JSON, '' for none), isAgreed (it was recorded before, and the server has lost it)
 * out   both as they are recorded: the first who asks decides
 */
export const layout: string = lua`
local stored = call('HGET', P .. 'state', 'partitions')
if stored then return { stored, call('HGET', P .. 'state', 'places') or '' } end
-- From before it was recorded: then there is one.
local isUsed = not args.isAgreed and call('EXISTS', P .. 'jobs', P .. 'schedules') > 0
if isUsed and args.partitions ~= 1 then return { '1', '' } end
local partitions, places = text(args.partitions), args.places
-- First, and it changes nothing: after it a full server takes the rest, which is a few bytes once.
call('HDEL', P .. 'state', '')
call('HSET', P .. 'state', 'partitions', partitions, 'places', places)
return { partitions, places }
`;

/**
 * Where groups hold. Those that hold nowhere yet do from now on: beside the others, or else in the queue's partition; if
 * all of them may.
 *
 * in    args: partition and queue that ask, isBound (it must be that partition); ARGV: groups
 * out   partition and queue of each
 */
export const homes: string = lua`
local reply, missing, target = {}, {}, args.isBound and args.partition or nil
local isRefused = false
for i = 2, #ARGV do
  local stored = call('HGET', P .. 'homes', ARGV[i])
  if stored then
    local space = string.find(stored, ' ', 1, true)
    local partition = tonumber(string.sub(stored, 1, space - 1))
    target = target or partition
    isRefused = isRefused or partition ~= target
    reply[2 * i - 3], reply[2 * i - 2] = text(partition), string.sub(stored, space + 1)
  else
    missing[#missing + 1] = i
  end
end
target = target or args.partition
for _, i in ipairs(missing) do
  reply[2 * i - 3], reply[2 * i - 2] = text(target), args.queue
  if not isRefused then call('HSET', P .. 'homes', ARGV[i], text(target) .. ' ' .. args.queue) end
end
return reply
`;

/**
 * in    ARGV: those of them that are gone
 * out   up to 100 that are not, as JSON: id, fingerprint, and whether the schedule was removed
 */
export const leaving: string = lua`
for i = 2, #ARGV do call('SREM', P .. 'leaving', ARGV[i]) end
return call('SRANDMEMBER', P .. 'leaving', 100)
`;

/**
 * The unclaimed jobs of a schedule's old rule go, in this partition.
 *
 * in    args: from, id, fingerprint, isRemoved (then those go too that were asked for between the slots); or except, the
 *       only rule whose jobs stay, and before, when it was made
 */
export const withdraw: string = lua`
local ids = call('SMEMBERS', P .. 'scheduled:' .. args.id)
load(ids)
for i = 1, #ids do
  local job = job_of(ids[i])
  if job and not job.claimed and job.generation == 1 then
    local version = given(meta(job).rare.scheduleVersion)
    local isOld = version == args.fingerprint
    if args.except then isOld = version ~= args.except and job.created < args.before end
    if version and isOld or not version and args.isRemoved then whole.remove(job) end
  end
end
write_all()
return 1
`;
