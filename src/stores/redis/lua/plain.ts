/**
 * The way of most jobs, without taking their records apart: enqueued to run at once, claimed in turn, completed.
 *
 * Such a record changes in a few bytes, so the new one is cut and put together from the old. Whatever has keys, a unique
 * key or a schedule, was retried or asked to stop, or is followed, goes the whole way of `transitions.ts`; the outcome is
 * the same.
 */
import { MIN_KEEP_MS } from '../../../core/job.js';
import { reasonCode } from '../packed.js';
import { lua } from './lua.js';

export const plain: string = lua`
local WAITS, RUNS = string.byte('LR', 1, 2)
local LINE_BREAK = 10
-- Ends of the head's parts, in bytes: letter to sides, rev, attempt, all of it; and where a tail's token begins.
local AFTER_REV, AFTER_ATTEMPT, AFTER_HEAD, TOKEN = 8, 12, 42, 68

-- Id and record in turn, as plain jobs are now.
local plainValues = {}

local function write_plain(id, packed)
  raws[id] = packed
  plainValues[#plainValues + 1] = id
  plainValues[#plainValues + 1] = packed
end

-- The meta of a record whose rest begins there; nil if it has keys or a schedule.
local function plain_meta(packed, from)
  local line = string.find(packed, '\n', from, true)
  if string.byte(packed, line + 1) ~= LINE_BREAK then return nil end
  local head = string.sub(packed, from, line - 1)
  local found = metas[head] or meta_of(string.sub(packed, from, line))
  if found.isScheduled then return nil end
  return found
end

-- What a fresh job becomes when it is claimed under the token; nil if it isn't plain.
local claimedHead, claimedTails = {}, {}
local function claim_plain(id, token)
  local packed = raws[id]
  if not packed then return nil end
  local letter, flags = string.byte(packed, 1, 2)
  if isFollowed or letter ~= WAITS or (flags ~= INPUT and flags ~= 0) then return nil end
  local found = plain_meta(packed, AFTER_HEAD + 1)
  if not found then return nil end
  if not claimedHead[flags] then
    claimedHead[flags] = 'R' .. string.char(flags + TAILED, ${reasonCode('claimed')}, 0) .. struct.pack('>I4I4', 2, 1)
  end
  if not claimedTails[token] then claimedTails[token] = struct.pack(TAIL, now, -1, -1, #token) .. token end
  local claimed = claimedHead[flags] .. string.sub(packed, AFTER_ATTEMPT + 1, AFTER_HEAD) .. claimedTails[token]
    .. string.sub(packed, AFTER_HEAD + 1)
  write_plain(id, claimed)
  tally('L', found.queue, -1)
  tally('R', found.queue, 1)
  return claimed
end

-- Completes a running job that the token holds; false if it, or what becomes of it, isn't plain.
local function complete_plain(id, token, kind, at, result)
  local packed = raws[id]
  if not packed or isFollowed or not kind.isPlain then return false end
  local letter, flags, _, sides = string.byte(packed, 1, 4)
  if letter ~= RUNS or (flags ~= INPUT + TAILED and flags ~= TAILED) or band(sides, RESULT) ~= 0 then return false end
  local after = TOKEN + string.byte(packed, TOKEN - 1)
  if string.sub(packed, TOKEN, after - 1) ~= token then return false end
  local found = plain_meta(packed, after)
  if not found then return false end
  if result then
    sides = sides + RESULT
    local values = sideValues.results
    values[#values + 1] = id
    values[#values + 1] = result
  end
  local age = kind.keep.completedMs
  local prune = age and at + math.max(age, ${MIN_KEEP_MS}) or -1
  local rev = struct.unpack('>I4', packed, 5) + 1
  write_plain(id, 'C' .. string.char(flags, kind.reason, sides) .. struct.pack('>I4', rev)
    .. string.sub(packed, AFTER_REV + 1, AFTER_HEAD + 8) .. struct.pack('>dd', at, prune) .. string.sub(packed, TOKEN - 1))
  tally('R', found.queue, -1)
  tally('C', found.queue, 1)
  if age then retain(id, rev, at, prune) end
  return true
end

-- New jobs that are due at once. All but the number is the same for those that are placed alike.
local function fresh_head(input)
  return 'L' .. string.char(input, ENQUEUED, 0) .. struct.pack('>I4I4I4i4', 1, 0, 1, 0)
end

local freshTimes = struct.pack('>dd', now, now)
local function add_plain(id, head, seq, rest)
  write_plain(id, head .. struct.pack('>I6', seq) .. freshTimes .. rest)
end
`;
