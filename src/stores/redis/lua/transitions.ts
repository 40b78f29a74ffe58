/** How a script changes a record: the second half of `core/transitions.ts`, rule for rule. */
import { defaultKeep, MIN_KEEP_MS } from '../../../core/job.js';
import { reasonCode } from '../packed.js';
import { lua } from './lua.js';

export const transitions: string = lua`
local DEFAULT_KEEP = { completedMs = ${defaultKeep.completedMs}, failedMs = ${defaultKeep.failedMs} }

local function keep_of(job)
  local rare = meta(job).rare
  return rare and rare.keep or DEFAULT_KEEP
end

-- The job, a revision on, in no place.
local function step(job, reason)
  leave(job)
  job.rev = job.rev + 1
  job.reason = reason
end

local function finish(job, to, reason, keep, at)
  job.place = to
  job.reason = reason
  job.cancel = false
  job.unique = false
  job.ended = at
  local age
  if to == 'F' then age = given(keep.failedMs) else age = given(keep.completedMs) end
  job.prune = age and at + math.max(age, ${MIN_KEEP_MS}) or nil
end

local function finished(job, count)
  enter(job)
  if count then count_end(job, count) end
end

-- A side of the record, in a hash of its own; nil takes it away.
local function set_side(job, side, hash, value)
  if value then
    if band(job.sides, side) == 0 then job.sides = job.sides + side end
    local values = sideValues[hash]
    values[#values + 1] = job.id
    values[#values + 1] = value
  elseif band(job.sides, side) ~= 0 then
    job.sides = job.sides - side
    call('HDEL', P .. hash, job.id)
  end
end

-- One error a line of JSON, the last five.
local function add_error(job, line)
  local earlier = band(job.sides, ERRORS) ~= 0 and call('HGET', P .. 'errors', job.id)
  local all = earlier and earlier .. '\n' .. line or line
  local _, n = string.gsub(all, '\n', '')
  if n >= 5 then all = string.sub(all, string.find(all, '\n', 1, true) + 1) end
  set_side(job, ERRORS, 'errors', all)
end

-- What a worker made of the job that it held. The ending of a run by the store's clock is at.
local function settle(job, kind, at, result, error)
  local to, reason, keep, count = kind.to, kind.reason, kind.keep or keep_of(job), nil
  if to == 'P' and job.cancel then to, reason = 'X', ${reasonCode('cancelled')} end
  step(job, reason)
  if error then add_error(job, error) end
  if kind.refund then job.attempt = job.attempt - 1 end
  if to ~= 'P' then
    finish(job, to, reason, keep, at)
    if result or job.sides ~= 0 then set_side(job, RESULT, 'results', result) end
    return finished(job, given(keep.count))
  end
  set_side(job, PROGRESS, 'progress', nil)
  if kind.keys then rekey(job, kind.keys) end
  job.parked = kind.parked
  if kind.keepsPlace then job.due = math.min(job.due, at) else job.due = at + kind.delay end
  enter(job)
end

local function claim(job, token)
  leave(job)
  job.rev = job.rev + 1
  job.reason = ${reasonCode('claimed')}
  job.attempt = job.attempt + 1
  job.token = token
  job.claimed = now
  if job.unique and meta(job).unique['until'] == 'started' then job.unique = false end
  job.place = 'R'
  enter(job)
end

-- The lease ended without a settle.
local function expire(job)
  local max, wasSuspect = meta(job).max, job.suspect
  local isFinal = wasSuspect and max and job.attempt >= max
  local isCancelled = job.cancel
  step(job, ${reasonCode('lease-expired')})
  job.token = nil
  if wasSuspect and not isCancelled then
    add_error(job, cjson.encode({
      name = 'LeaseExpired',
      message = 'The worker that ran attempt ' .. job.attempt
        .. ' disappeared: its process died, or was stopped or blocked for longer than the lease.',
      stack = cjson.null, reason = 'lease-expired', attempt = job.attempt, at = now,
    }))
  end
  if isCancelled then
    finish(job, 'X', ${reasonCode('cancelled')}, keep_of(job), now)
    return finished(job, given(keep_of(job).count))
  end
  if isFinal then
    finish(job, 'F', ${reasonCode('lease-expired')}, keep_of(job), now)
    return finished(job, given(keep_of(job).count))
  end
  set_side(job, PROGRESS, 'progress', nil)
  job.due = math.min(job.due, now)
  job.suspect = true
  if not wasSuspect then job.attempt = job.attempt - 1 end
  enter(job)
end

-- What is asked of a job that doesn't run. False if its state doesn't allow it.
local function control(action, job)
  local at = job.place
  if action == 'cancel' and (is_waiting(at) or at == 'S') then
    step(job, ${reasonCode('cancelled')})
    finish(job, 'X', ${reasonCode('cancelled')}, keep_of(job), now)
    finished(job, given(keep_of(job).count))
  elseif action == 'retry' and is_ended(at) then
    step(job, ${reasonCode('redriven')})
    job.generation = job.generation + 1
    job.attempt = 0
    job.suspect, job.cancel = false, false
    job.token, job.ended, job.prune = nil, nil, nil
    set_side(job, RESULT, 'results', nil)
    set_side(job, PROGRESS, 'progress', nil)
    job.due = now
    enter(job)
  elseif action == 'suspend' and is_waiting(at) then
    step(job, ${reasonCode('suspended')})
    job.place = 'S'
    enter(job)
  elseif action == 'resume' and at == 'S' then
    step(job, ${reasonCode('resumed')})
    enter(job)
  elseif action == 'promote' and at == 'D' then
    step(job, ${reasonCode('promoted')})
    job.due = now
    enter(job)
  else
    return false
  end
  return true
end
`;
