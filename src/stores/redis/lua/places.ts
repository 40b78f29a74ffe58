/**
 * Where a job stands: one letter in its record, and one place in the indexes.
 *
 * ```
 *  L  in the queue's `fresh` list: due since it came, in order of arrival; what left it is skipped at its front
 *  Z  in a `ready` set: due, in the order of claim          K  in the line of a constraint key that blocked it
 *  D  in `later` or `delayed`, by due time                  O  parked for a worker that can run it
 *  R  running     S  suspended     C  completed     F  failed     X  cancelled
 * ```
 *
 * What is in `later` (no priority, no suspect) is claimed from there once it is due, in its turn with those that
 * are ready; what is in `delayed` moves on first. `ready` also holds the heads of open lines, so the next job to claim is the first of it or of `fresh` and `later`.
 *
 * A job with constraint keys stands where it would without them until it is known that one of them blocks it: as it enters,
 * or when its turn has come. Only then it goes into that key's line, once, and the claim never looks at it in vain again.
 * `leave` and `enter` are the only ways from one place to another, but for the short cuts of `plain.ts`.
 */

import { lua } from './lua.js';

export const places: string = lua`
local function lane(job)
  return (job.suspect and '1' or '0') .. meta(job).queue
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
local park, leave_line

local function delayed_set(job)
  local isPlain = job.priority == 0 and not job.suspect
  return P .. (isPlain and 'later:' or 'delayed:') .. meta(job).queue
end

local function place(job)
  local queue = meta(job).queue
  if job.parked then
    job.place = 'O'
    local list = P .. 'orphans:' .. queue .. '\0' .. job.parked
    call('ZADD', list, 0 - job.priority, member(job))
    call('ZADD', P .. 'orphaned:' .. queue, 0, job.parked)
    isNews = true
  elseif job.due > now then
    job.place = 'D'
    isNews = true
    edit(delayed_set(job), member(job), job.due)
  elseif keys(job) and park(job) then
    job.place = 'K'
  else
    job.place = 'Z'
    ready_add(lane(job), 0 - job.priority, member(job))
  end
end

local function displace(job)
  local queue = meta(job).queue
  if job.place == 'D' then
    edit(delayed_set(job), member(job), false)
  elseif job.place == 'Z' then
    ready_remove(lane(job), member(job))
  elseif job.place == 'K' then
    leave_line(job.parked, lane(job), member(job))
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
    if isAwaited then endedIds[#endedIds + 1] = job.id end
    if job.prune then
      local list = list_of_ended(job.ended, job.prune)
      list[#list + 1] = text(job.rev) .. ' ' .. job.id
    end
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
`;
