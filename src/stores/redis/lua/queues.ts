/** Queues: their settings, their room, and what stands first in them. */

import { lua } from './lua.js';

export const queues: string = lua`
local settings = {}

-- When the first of the set is due, or nil.
local function first_of(set)
  local head = call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
  return head and tonumber(head)
end

local function queue_of(name)
  local queue = settings[name]
  if queue then return queue end
  queue = { name = name, fresh = {}, at = 1, taken = 0, due = {}, dueIds = {}, dueAt = 1 }
  local stored = call('HGET', P .. 'queues', name)
  if stored then
    local list = cjson.decode(stored)
    queue.paused, queue.limit = list.paused, given(list.concurrency)
  end
  settings[name] = queue
  return queue
end

local function has_room_in(queue)
  if queue.isCut then return false end
  if not queue.limit then return true end
  if not queue.stored then queue.stored = tonumber(call('HGET', P .. 'counts', 'R' .. queue.name) or 0) end
  return queue.stored + (deltas['R' .. queue.name] or 0) < queue.limit
end

-- The first of a lane's ready set: score, name, id; false if it is empty.
local function top_of(line)
  if not rawget(whole, 'first_ready') and is_empty(P .. 'ready:' .. line) then return false end
  return whole.first_ready(line)
end

-- So many that left it otherwise are passed over in one call; the next one goes on from there, so that none takes long.
local PASSED_OVER = 2000

-- How many of those at the front are read at once. Jobs with keys are claimed for slots only: beyond, few are looked at.
local slots_left
local furtherReads = 0
local function reach(wanted, isFurther)
  local left = slots_left()
  if left > 0 then return isFurther and math.max(left, 128) or math.min(left, wanted) end
  if not areKeysMet then return wanted end
  furtherReads = furtherReads + 1
  return math.min(wanted, 2 ^ furtherReads)
end

-- The id of the first fresh job of the queue; false if there is none. wanted is how many may be asked for in all.
local function fresh_of(queue, wanted)
  while true do
    local id = queue.fresh[queue.at]
    if id then
      local job, packed = jobs[id], raws[id]
      if job and job.place == 'L' or job == nil and packed and string.byte(packed) == WAITS then return id end
      queue.at = queue.at + 1
    elseif queue.isAllRead then
      return false
    else
      local from = queue.taken + queue.at - 1
      if from > PASSED_OVER + 2 * wanted then
        queue.isCut = true
        return false
      end
      local n = reach(wanted, from > 0)
      local ids = call('LRANGE', P .. 'fresh:' .. queue.name, from, from + n - 1)
      queue.taken, queue.at, queue.fresh = from, 1, ids
      queue.isAllRead = #ids < n
      load(ids)
      if areKeysMet then read_keys(ids, 1) end
    end
  end
end

-- The name of the first of those in later that are due; false if there is none.
local function due_of_later(queue, wanted)
  while true do
    local name = queue.due[queue.dueAt]
    if name or queue.isAllDue then return name or false end
    local key = P .. 'later:' .. queue.name
    -- What was taken is not there any more.
    write_set(key)
    local n = reach(wanted, queue.dueAt > 1)
    queue.due, queue.dueAt = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, n), 1
    queue.isAllDue = #queue.due < n
    local ids = {}
    for i = 1, #queue.due do ids[i] = string.sub(queue.due[i], 14) end
    queue.dueIds = ids
    load(ids)
    if areKeysMet then read_keys(ids, 1) end
  end
end

meet_keys = function()
  for _, queue in pairs(settings) do
    read_keys(queue.dueIds, queue.dueAt)
    read_keys(queue.fresh, queue.at)
  end
end

local function take_due(queue)
  edit(P .. 'later:' .. queue.name, queue.due[queue.dueAt], false)
  queue.dueAt = queue.dueAt + 1
end

-- What was claimed from it, or had left it before, goes from its front.
local function write_fresh(queue)
  local n = queue.taken + queue.at - 1
  if n > 0 then call('LTRIM', P .. 'fresh:' .. queue.name, n, -1) end
end
`;
