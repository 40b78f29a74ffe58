/**
 * The way of most jobs, without taking their records apart: enqueued, claimed in turn (or blocked by a constraint key when
 * their turn has come, and put into its line), completed.
 *
 * Such a record changes in a few bytes, so the new one is cut and put together from the old. Whatever has a unique key
 * or a schedule, or was retried or asked to stop, goes the whole way of `transitions.ts`; the outcome is the same.
 */
import { MIN_KEEP_MS } from '../../../core/job.js';
import { lua } from './lua.js';

export const plain: string = lua`
local WAITS, LINE_BREAK = string.byte('L'), 10
-- Ends of the head's parts, in bytes: letter to sides, rev, attempt, all of it; where claimedAt ends; where the token
-- begins, behind its size.
local AFTER_SIDES, AFTER_REV, AFTER_ATTEMPT, AFTER_HEAD, AFTER_CLAIMED, TOKEN = 4, 8, 12, 42, 50, 68

-- Id and record in turn, as plain jobs are now.
local plainValues = {}

local function write_plain(id, packed)
  raws[id], jobs[id] = packed, nil
  local n = #plainValues
  plainValues[n + 1] = id
  plainValues[n + 2] = packed
end

-- It may be taken as it is stored.
local function is_untouched(id)
  local job = jobs[id]
  return job == nil or job and not job.touched
end

-- The meta of a record whose rest begins there, nil if it has a schedule or can't be read; and its constraint keys or
-- nil. Most are like the one before.
local lastHead, lastMeta
local function plain_rest(packed, from)
  if not lastHead or sub(packed, from, from + #lastHead - 1) ~= lastHead then
    local line = find(packed, '\n', from, true)
    local isRead, found = pcall(meta_of, sub(packed, from, line or 0))
    if not line or not isRead then return nil end
    lastHead, lastMeta = sub(packed, from, line), found
  end
  if lastMeta.isScheduled then return nil end
  local line = from + #lastHead - 1
  if byte(packed, line + 1) == LINE_BREAK then return lastMeta end
  local list = keys_after(packed, line)
  if list == false then return nil end
  return lastMeta, list
end

-- Of jobs that stand at the front: their metas and keys, so that the keys of many are read at once.
local frontMetas, frontKeys = {}, {}
local function read_keys(ids, from)
  local lists = {}
  for i = from, #ids do
    local id = ids[i]
    local packed = raws[id]
    local flags = packed and #packed > AFTER_HEAD and byte(packed, 2)
    -- Neither was it ever claimed, nor does it stand in a line.
    if (flags == INPUT or flags == 0) and not frontKeys[id] then
      local found, list = plain_rest(packed, AFTER_HEAD + 1)
      if list then
        frontMetas[id], frontKeys[id] = found, list
        lists[#lists + 1] = list
      end
    end
  end
  if #lists > 0 then keyed.load_keys(lists) end
end

-- The first with keys is met: those of all that was loaded are read. Queues, below.
local areKeysMet, meet_keys = false, nil

-- What the record of a new job goes on with behind its letter, up to its attempt, by whether it has an input; and what
-- the record begins with of a job that is claimed for the first time.
local newStart, claimedStart = {}, {}
for _, input in ipairs({ 0, INPUT }) do
  newStart[input] = char(input, ENQUEUED, 0) .. struct.pack('>I4I4', 1, 0)
  claimedStart[newStart[input]] = 'R' .. char(input + TAILED, CLAIMED, 0) .. struct.pack('>I4I4', 2, 1)
  -- One that stands in a line.
  claimedStart[char(input + PARKED, ENQUEUED, 0) .. struct.pack('>I4I4', 1, 0)] = claimedStart[newStart[input]]
end

-- Claims a job that waits and is due under the token: its queue, its keys, and the key in whose line it stood. Its place
-- and its keys are the caller's. Nil if it isn't plain; nil and its keys if they need a slot and none is left; nil, its
-- keys, the one that has no room, and the one in whose line it stands.
local claimedTails = {}
local WAITING = { [byte('L')] = true, [byte('Z')] = true, [byte('D')] = true, [byte('K')] = true }
local function claim_plain(id, token, isSlotLeft)
  local packed = raws[id]
  if not packed or not is_untouched(id) then return nil end
  local start, from, parked = claimedStart[sub(packed, 2, AFTER_ATTEMPT)], AFTER_HEAD + 1, nil
  if not start or #packed < AFTER_HEAD + 4 or not WAITING[byte(packed)] then return nil end
  if band(byte(packed, 2), PARKED) ~= 0 then
    local size = struct.unpack('>H', packed, from)
    parked = sub(packed, from + 2, from + 1 + size)
    from = from + 2 + size
  end
  local list = frontKeys[id]
  local found = list and frontMetas[id]
  if not found then
    found, list = plain_rest(packed, from)
    if not found then return nil end
  end
  if list then
    if not areKeysMet then
      areKeysMet = true
      meet_keys()
    end
    local key = keyed.blocked_on(list)
    if key then return nil, list, key, parked end
    if not isSlotLeft then return nil, list end
  end
  local tail = claimedTails[token]
  if not tail then
    tail = struct.pack(TAIL, now, -1, -1, #token) .. token
    claimedTails[token] = tail
  end
  write_plain(id, start .. sub(packed, AFTER_ATTEMPT + 1, AFTER_HEAD) .. tail .. sub(packed, from))
  if isFollowed then tell(found.head, id, 'R', CLAIMED, 2, 1, 1) end
  return found.queue, list, parked
end

-- A plain job that stands in no line joins that of a key without room. False if that changes more of it: it was due, and
-- the clock stepped back. What its place tells of it is the caller's.
local function park_plain(id, key, queue, name)
  local packed = raws[id]
  if struct.unpack('>d', packed, AFTER_HEAD - 7) > now then return false end
  write_plain(id, 'K' .. char(byte(packed, 2) + PARKED) .. sub(packed, 3, AFTER_HEAD) .. struct.pack('>H', #key.name) .. key.name
    .. sub(packed, AFTER_HEAD + 1))
  whole.join(key, '0' .. queue, 0 - struct.unpack('>i4', packed, AFTER_ATTEMPT + 5), name)
  return true
end

-- What the record of a running job begins with once it is completed, and its new rev; false if it isn't plain.
local function completed_start(start, kind, hasResult)
  local letter, flags, _, sides = byte(start, 1, AFTER_SIDES)
  if char(letter) ~= 'R' or band(flags, 31) ~= TAILED or band(sides, RESULT) ~= 0 then return false end
  local rev = struct.unpack('>I4', start, AFTER_SIDES + 1) + 1
  if hasResult then sides = sides + RESULT end
  return { text = 'C' .. char(flags, kind.reason, sides) .. struct.pack('>I4', rev), rev = text(rev) }
end

local sized = {}
local function with_size(token)
  local found = sized[token]
  if not found then
    found = char(#token) .. token
    sized[token] = found
  end
  return found
end

-- When it ended and may go, packed; and the list of those that go then.
local function ending_at(kind, at)
  local found = kind.endings[at]
  if not found then
    local age = kind.keep.completedMs
    local prune = age and at + math.max(age, ${MIN_KEEP_MS})
    found = { times = struct.pack('>dd', at, prune or -1), list = prune and list_of_ended(at, prune) }
    kind.endings[at] = found
  end
  return found
end

-- Completes, in a plain way, a running job that the token holds; nil if it, or what becomes of it, isn't plain. Answers its queue, and the keys
-- whose slots it had: to free them is the caller's.
local function complete_plain(id, token, kind, at, result)
  local packed = raws[id]
  if not packed or not is_untouched(id) then return nil end
  local starts, before = kind.starts[result and 2 or 1], sub(packed, 1, AFTER_REV)
  local start = starts[before]
  if start == nil then
    start = completed_start(before, kind, result)
    starts[before] = start
  end
  local holder = with_size(token)
  if not start or sub(packed, TOKEN - 1, TOKEN - 2 + #holder) ~= holder then return nil end
  local found, list = plain_rest(packed, TOKEN - 1 + #holder)
  if not found then return nil end
  if result then
    local values = sideValues.results
    values[#values + 1] = id
    values[#values + 1] = result
  end
  local ending = ending_at(kind, at)
  write_plain(id, start.text .. sub(packed, AFTER_REV + 1, AFTER_CLAIMED) .. ending.times .. sub(packed, TOKEN - 1))
  if ending.list then ending.list[#ending.list + 1] = start.rev .. ' ' .. id end
  if isAwaited then endedIds[#endedIds + 1] = id end
  if isFollowed then
    local attempt, generation = struct.unpack('>I4I4', packed, AFTER_REV + 1)
    tell(found.head, id, 'C', kind.reason, start.rev, attempt, generation)
  end
  return found.queue, list
end

-- New jobs that are due at once. All but the number is the same for those that are placed alike.
local function fresh_head(input)
  return 'L' .. newStart[input] .. struct.pack('>I4i4', 1, 0)
end

local freshTimes = struct.pack('>dd', now, now)
local function add_plain(id, head, seq, rest, letter)
  write_plain(id, head .. struct.pack('>I6', seq) .. freshTimes .. rest)
  if isFollowed then tell(meta_of(rest).head, id, letter or 'L', ENQUEUED, 1, 0, 1) end
end
`;
