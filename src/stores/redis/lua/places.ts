/**
 * Where a job stands: one letter in its record, and one place in the indexes.
 *
 * ```
 *  L  in the queue's `fresh` list: due since it came, in order of arrival; what left it is skipped at its front
 *  Z  in a `ready` set: due, in the order of claim          K  in the line of a constraint key
 *  D  in `delayed`, by due time                             O  parked for a worker that can run it
 *  R  running     S  suspended     C  completed     F  failed     X  cancelled
 * ```
 *
 * `ready` also holds the heads of open lines, so the next job to claim is the first of it or of `fresh`.
 * `leave` and `enter` are the only ways from one place to another.
 */

import { lua } from './lua.js';

export const places: string = lua`
local BLOCK = 128
local deltas, pushes, tops, retentions = {}, {}, {}, {}
-- Something became claimable that was not.
local isNews = false

local function tally(place, queue, n)
  local field = place .. queue
  deltas[field] = (deltas[field] or 0) + n
end

local function push(list, value)
  local values = pushes[list]
  if not values then
    values = {}
    pushes[list] = values
  end
  values[#values + 1] = value
end

-- The order of claim within equal priority. The score of a set is the priority, negated.
local function member(job)
  return struct.pack('>I7I6', math.max(job.due, 0), job.seq) .. job.id
end

local function id_of(name)
  return string.sub(name, 14)
end

local function lane(job)
  return (job.suspect and '1' or '0') .. meta(job).queue
end

local function ready_add(at, score, name)
  local key = P .. 'ready:' .. at
  tops[key] = nil
  isNews = true
  call('ZADD', key, score, name)
end

local function ready_remove(at, name)
  local key = P .. 'ready:' .. at
  tops[key] = nil
  call('ZREM', key, name)
end

local function unique_field(job)
  local m = meta(job)
  return m.queue .. '\0' .. m.unique.key
end

local function schedule_of(job)
  local rare = meta(job).rare
  return rare and rare.scheduleId
end

-- Turnstile, below.
local park, unpark

local function place(job)
  local queue = meta(job).queue
  if job.parked then
    job.place = 'O'
    local list = P .. 'orphans:' .. queue .. '\0' .. job.parked
    call('ZADD', list, -job.priority, member(job))
    call('ZADD', P .. 'orphaned:' .. queue, 0, job.parked)
    isNews = true
  elseif job.due > now then
    job.place = 'D'
    isNews = true
    call('ZADD', P .. 'delayed:' .. queue, job.due, job.id)
  elseif keys(job) then
    job.place = 'K'
    park(job)
  else
    job.place = 'Z'
    ready_add(lane(job), -job.priority, member(job))
  end
end

local function displace(job)
  local queue = meta(job).queue
  if job.place == 'D' then
    call('ZREM', P .. 'delayed:' .. queue, job.id)
  elseif job.place == 'Z' then
    ready_remove(lane(job), member(job))
  elseif job.place == 'K' then
    unpark(job)
  elseif job.place == 'O' then
    local list = P .. 'orphans:' .. queue .. '\0' .. job.parked
    call('ZREM', list, member(job))
    if call('EXISTS', list) == 0 then call('ZREM', P .. 'orphaned:' .. queue, job.parked) end
  end
  job.parked = nil
end

local function is_waiting(place)
  return place == 'L' or place == 'Z' or place == 'D' or place == 'K' or place == 'O'
end

local function is_ended(place)
  return place == 'C' or place == 'F' or place == 'X'
end

-- Keep as many ended jobs of the task as that.
local function count_end(job, keepCount)
  local task = meta(job).task
  call('ZADD', P .. 'kept:' .. task, job.ended, job.id)
  call('HSET', P .. 'kept', task, keepCount)
end

local keptCounts
local function uncount_end(job)
  if not keptCounts then
    keptCounts = {}
    local pairs = call('HGETALL', P .. 'kept')
    for i = 1, #pairs, 2 do keptCounts[pairs[i]] = true end
  end
  local task = meta(job).task
  if keptCounts[task] then call('ZREM', P .. 'kept:' .. task, job.id) end
end

-- Lists of ended jobs by how long they stay. Who ended again stands there twice, told apart by the revision.
local function retain(job)
  local age = text(job.prune - job.ended)
  push(P .. 'ended:' .. age, text(job.rev) .. ' ' .. job.id)
  if not retentions[age] then
    retentions[age] = true
    call('ZADD', P .. 'retentions', 'NX', job.prune, age)
  end
end

-- A running job has no place besides its claim. Where it goes is in job.place, or nil to wait.
local function leave(job)
  tally(job.place, meta(job).queue, -1)
  if job.unique then call('HDEL', P .. 'uniques', unique_field(job)) end
  if job.place ~= 'R' then
    if is_ended(job.place) then
      uncount_end(job)
    else
      local schedule = schedule_of(job)
      if schedule then call('SREM', P .. 'scheduled:' .. schedule, job.id) end
      if job.place ~= 'S' then displace(job) end
    end
  end
  job.place = nil
end

local function enter(job)
  if not job.place then place(job) end
  touch(job)
  tally(job.place, meta(job).queue, 1)
  if job.unique then call('HSET', P .. 'uniques', unique_field(job), job.id) end
  if job.place == 'R' then return end
  if is_ended(job.place) then
    if job.prune then retain(job) end
  else
    local schedule = schedule_of(job)
    if schedule then call('SADD', P .. 'scheduled:' .. schedule, job.id) end
  end
end

-- The waiting job goes to where it belongs by now. What was due stays due, though the clock stepped back since.
local function move(job)
  local isDue = job.place ~= 'D'
  leave(job)
  if isDue then job.due = math.min(job.due, now) end
  enter(job)
end

local function remove(job)
  leave(job)
  job.gone = true
  removed[#removed + 1] = job.id
  jobs[job.id] = false
  if band(job.sides, RESULT) ~= 0 then call('HDEL', P .. 'results', job.id) end
  if band(job.sides, ERRORS) ~= 0 then call('HDEL', P .. 'errors', job.id) end
  if band(job.sides, PROGRESS) ~= 0 then call('HDEL', P .. 'progress', job.id) end
  local block = math.floor(job.seq / BLOCK)
  local list = P .. 'block:' .. text(block)
  call('LREM', list, 1, job.id)
  if call('EXISTS', list) == 0 then call('ZREM', P .. 'blocks', block) end
end

local function write_places()
  for list, values in pairs(pushes) do spread('RPUSH', list, values) end
  for field, n in pairs(deltas) do
    if n ~= 0 then
      local left = call('HINCRBY', P .. 'counts', field, n)
      -- Nobody stands there any more: what is left are those who went out of turn.
      if left == 0 and n < 0 and string.sub(field, 1, 1) == 'L' then call('DEL', P .. 'fresh:' .. string.sub(field, 2)) end
    end
  end
end
`;
