/**
 * The chores, at most limit records of each kind: rescue, prune, forget.
 *
 * in    args: from, term, limit, minKeepMs
 * out   1 if the term is refused; now, rescued, pruned, 1 if there is more, the next instant or ''
 */
import { MIN_KEEP_MS } from '../../../core/job.js';
import { lua } from './lua.js';

export const maintain: string = lua`
local FORGOTTEN_AFTER_LEASES = 10
local highest = tonumber(call('HGET', P .. 'state', 'term') or 0)
if args.term then
  if args.term < highest then return { 1, text(now), 0, 0, 0, '' } end
  if args.term > highest then call('HSET', P .. 'state', 'term', text(args.term)) end
end
local limit = args.limit

-- A clock that stepped back would leave leases that reach further ahead than their length: they count from now.
local function cut_leases()
  local ahead = call('ZREVRANGE', P .. 'leases', 0, limit - 1, 'WITHSCORES')
  for i = 1, #ahead, 2 do
    local stored = call('HGET', P .. 'claims', ahead[i])
    local leaseMs = tonumber(string.match(stored or '0 ', '^%S+'))
    if tonumber(ahead[i + 1]) > now + leaseMs then call('ZADD', P .. 'leases', now + leaseMs, ahead[i]) end
  end
end

local function rescue()
  local rescued = 0
  for _, token in ipairs(call('ZRANGEBYSCORE', P .. 'leases', '-inf', now, 'LIMIT', 0, limit)) do
    local found = claim_of(token)
    local held = found and held_by(token, found) or {}
    if #held == 0 then drop_claim(token) end
    for _, job in ipairs(held) do
      if rescued >= limit then return rescued end
      if keys(job) then keyed.stop(keys(job), now) end
      whole.expire(job)
      unhold(token)
      rescued = rescued + 1
    end
  end
  return rescued
end

-- An entry of a list of ended jobs counts while the job is as it was then.
local function prune_list(age, most)
  local list, pruned, gone = P .. 'ended:' .. age, 0, 0
  local entries = call('LRANGE', list, 0, most - 1)
  local ids, revs = {}, {}
  for i = 1, #entries do
    local space = string.find(entries[i], ' ', 1, true)
    revs[i], ids[i] = tonumber(string.sub(entries[i], 1, space - 1)), string.sub(entries[i], space + 1)
  end
  load(ids)
  local due
  for i = 1, #entries do
    local job = job_of(ids[i])
    if job and job.rev == revs[i] and whole.is_ended(job.place) then
      if job.prune > now then
        due = job.prune
        break
      end
      whole.remove(job)
      pruned = pruned + 1
    end
    gone = i
  end
  if gone > 0 then call('LTRIM', list, gone, -1) end
  if due then call('ZADD', P .. 'retentions', due, age)
  elseif call('EXISTS', list) == 0 then call('ZREM', P .. 'retentions', age) end
  return pruned
end

local function prune_by_age()
  local pruned = 0
  for _, age in ipairs(call('ZRANGEBYSCORE', P .. 'retentions', '-inf', now, 'LIMIT', 0, limit)) do
    if pruned >= limit then break end
    pruned = pruned + prune_list(age, limit - pruned)
  end
  return pruned
end

local function prune_by_count(most)
  local pruned, tasks = 0, call('HGETALL', P .. 'kept')
  for i = 1, #tasks, 2 do
    local set = P .. 'kept:' .. tasks[i]
    local surplus = call('ZCARD', set) - tonumber(tasks[i + 1])
    local first = math.min(surplus, most - pruned)
    local ids = first > 0 and call('ZRANGEBYSCORE', set, '-inf', now - ${MIN_KEEP_MS}, 'LIMIT', 0, first) or {}
    load(ids)
    for _, id in ipairs(ids) do
      local job = job_of(id)
      if job then whole.remove(job) else call('ZREM', set, id) end
      pruned = pruned + 1
    end
    if call('EXISTS', set) == 0 then call('HDEL', P .. 'kept', tasks[i]) end
  end
  return pruned
end

local function forget_workers()
  local workers = call('HGETALL', P .. 'workers')
  for i = 1, #workers, 2 do
    local seen, leaseMs, presence = string.match(workers[i + 1], '^(%S+) (%S+) (.*)$')
    if seen + FORGOTTEN_AFTER_LEASES * leaseMs < now then
      call('HDEL', P .. 'workers', workers[i])
      call('HDEL', P .. 'state', 'open ' .. workers[i])
      for _, name in ipairs(cjson.decode(presence).queues) do call('ZREM', P .. 'idle:' .. name, workers[i]) end
    end
  end
end

local function sweep_key(key)
  local isAhead = false
  if key.ended and key.ended > now then key.ended, isAhead = now, true end
  for j = 1, #key.starts, 2 do
    if key.starts[j] > now then key.starts[j], isAhead = now, true end
  end
  if isAhead then
    keyed.write_key(key)
    whole.refresh_all(key)
  end
  keyed.forget(key)
end

-- Forgets keys that limit nothing any more, some at each call; what a clock that stepped back left ahead is cut to now.
local function sweep_keys()
  local at = call('HGET', P .. 'state', 'sweep') or '0'
  local page = call('HSCAN', P .. 'keys', at, 'COUNT', limit)
  call('HSET', P .. 'state', 'sweep', page[1])
  for i = 1, #page[2], 2 do
    if page[2][i] ~= '' then sweep_key(keyed.key_of(page[2][i])) end
  end
end

local function next_chore()
  local lease = call('ZRANGE', P .. 'leases', 0, 0, 'WITHSCORES')[2]
  local slot = call('ZRANGE', P .. 'slots', 0, 0, 'WITHSCORES')[2]
  lease, slot = tonumber(lease or math.huge), tonumber(slot or math.huge)
  local first = math.min(lease, slot)
  return first < math.huge and text(first) or ''
end

cut_leases()
local rescued = rescue()
local pruned = prune_by_age()
pruned = pruned + prune_by_count(limit - pruned)
forget_workers()
sweep_keys()
write_all()
return { 0, text(now), rescued, pruned, (rescued >= limit or pruned >= limit) and 1 or 0, next_chore() }
`;
