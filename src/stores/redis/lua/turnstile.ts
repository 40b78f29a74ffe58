/**
 * Constraint keys and the lines of jobs before them. The rules are those of `core/constraint.ts`.
 *
 * A line holds the jobs of one queue and lane that wait at one key: `line:<lane><queue>\0<key>`. It is open (its head
 * stands in `ready` too), cooling (time will open it: the key stands in `cooling`), or blocked (a run must end first).
 * Which one follows from the key's state, so it isn't written down: `refresh` puts it right.
 */

import { lua } from './lua.js';

export const turnstile: string = lua`
local known, limits = {}, {}

local function limits_of(group)
  local found = limits[group]
  if not found then
    local stored = call('HGET', P .. 'groups', group)
    found = {}
    if stored then
      local list = cjson.decode(stored)
      found = { most = list.most, cooldown = list.cooldown, rate = list.rate, per = list.per }
    end
    limits[group] = found
  end
  return found
end

local function key_of(name)
  local key = known[name]
  if key then return key end
  key = { name = name, limits = limits_of(string.sub(name, 1, string.find(name, '/', 1, true) - 1)), running = 0, starts = {} }
  local stored = call('HGET', P .. 'keys', name)
  if stored then
    local list = cjson.decode(stored)
    key.running, key.ended, key.starts = list.running, list.ended, list.starts or {}
  end
  known[name] = key
  return key
end

local function lines_of(key)
  if not key.lines then
    local stored = call('HGET', P .. 'lines', key.name)
    key.lines = stored and cjson.decode(stored) or {}
  end
  return key.lines
end

local function set_lines(key, lines)
  key.lines = lines
  if #lines == 0 then call('HDEL', P .. 'lines', key.name)
  else call('HSET', P .. 'lines', key.name, cjson.encode(lines)) end
end

local function starts_since(key, since)
  local n = 0
  for i = 1, #key.starts, 2 do
    if key.starts[i] > since then n = n + key.starts[i + 1] end
  end
  return n
end

local function cools_until(key)
  local cooldown = key.limits.cooldown or 0
  if not key.ended or cooldown == 0 then return 0 end
  return key.ended + cooldown
end

local function has_room(key)
  local l = key.limits
  if cools_until(key) > now then return false end
  if l.most and key.running >= l.most then return false end
  return not l.rate or starts_since(key, now - l.per) < l.rate
end

-- When time alone gives the key room; nil if a run must end first.
local function opens_at(key)
  local l = key.limits
  if l.most and key.running >= l.most then return nil end
  local at = math.max(now, cools_until(key))
  if l.rate then
    local within = 0
    for i = #key.starts - 1, 1, -2 do
      within = within + key.starts[i + 1]
      if within >= l.rate then return math.max(at, key.starts[i] + l.per) end
    end
  end
  return at
end

local function is_forgettable(key)
  if key.running ~= 0 or not has_room(key) then return false end
  return not key.limits.rate or starts_since(key, now - key.limits.per) == 0
end

-- The line's head stands in ready if and only if the line is open; its key in cooling if and only if time will open it.
local function refresh(key, line)
  local head = call('ZRANGE', P .. 'line:' .. line .. '\0' .. key.name, 0, 0, 'WITHSCORES')
  if not head[1] then return end
  local at = opens_at(key)
  if at == now then
    ready_add(line, head[2], head[1])
  else
    ready_remove(line, head[1])
  end
  if at and at > now then
    isNews = true
    call('ZADD', P .. 'cooling:' .. line, at, key.name)
  else
    call('ZREM', P .. 'cooling:' .. line, key.name)
  end
end

local function refresh_all(key)
  local lines = lines_of(key)
  for i = 1, #lines do refresh(key, lines[i]) end
end

local function write_key(key)
  key.isChanged = true
end

local function forget(key)
  if #lines_of(key) > 0 or not is_forgettable(key) then return end
  key.isForgotten = true
end

-- The first of the job's keys without room, or nil if it may run.
local function blocked_on(job)
  local list = keys(job)
  for i = 1, list and #list or 0 do
    local key = key_of(list[i])
    if not has_room(key) then return key end
  end
end

-- The job joins the line of the key that blocks it, else of its first.
park = function(job)
  local key = blocked_on(job) or key_of(keys(job)[1])
  key.isForgotten = nil
  local line = lane(job)
  local set = P .. 'line:' .. line .. '\0' .. key.name
  local name = member(job)
  job.parked = key.name
  call('ZADD', set, -job.priority, name)
  local heads = call('ZRANGE', set, 0, 1)
  if #heads == 1 then
    local lines, isNew = lines_of(key), true
    for i = 1, #lines do isNew = isNew and lines[i] ~= line end
    if isNew then
      lines[#lines + 1] = line
      set_lines(key, lines)
    end
  end
  if heads[1] == name then
    if heads[2] then ready_remove(line, heads[2]) end
    refresh(key, line)
  end
end

unpark = function(job)
  local key, line, name = key_of(job.parked), lane(job), member(job)
  local set = P .. 'line:' .. line .. '\0' .. key.name
  ready_remove(line, name)
  call('ZREM', set, name)
  if call('EXISTS', set) == 1 then return refresh(key, line) end
  call('ZREM', P .. 'cooling:' .. line, key.name)
  local lines = {}
  for _, other in ipairs(lines_of(key)) do
    if other ~= line then lines[#lines + 1] = other end
  end
  set_lines(key, lines)
  forget(key)
end

-- Starts closer together than per / 64 share a pair under the later instant, while they are in one bucket.
local function add_start(key)
  local l, kept = key.limits, {}
  if l.rate then
    for i = 1, #key.starts, 2 do
      if key.starts[i] > now - l.per then
        kept[#kept + 1] = key.starts[i]
        kept[#kept + 1] = key.starts[i + 1]
      end
    end
    local bucket, last = math.ceil(l.per / 64), #kept - 1
    if last > 0 and math.floor(kept[last] / bucket) == math.floor(now / bucket) then
      kept[last] = now
      kept[last + 1] = kept[last + 1] + 1
    else
      kept[#kept + 1] = now
      kept[#kept + 1] = 1
    end
  end
  key.starts = kept
end

-- A run starts: it takes a slot of each of its keys.
local function start(job)
  local list = keys(job)
  for i = 1, list and #list or 0 do
    local key = key_of(list[i])
    key.isForgotten = nil
    key.running = key.running + 1
    add_start(key)
    write_key(key)
    refresh_all(key)
  end
end

-- Its run ended at that instant, or (nil) it was given back without a run, which starts no cooldown.
local function stop(job, ended)
  local list = keys(job)
  for i = 1, list and #list or 0 do
    local key = key_of(list[i])
    key.running = math.max(0, key.running - 1)
    if ended then key.ended = math.max(ended, key.ended or ended) end
    write_key(key)
    refresh_all(key)
    forget(key)
  end
end

-- Opens up to limit lines whose time has come. True if that was not all.
local function open_cooled(line, limit)
  local cooled = call('ZRANGEBYSCORE', P .. 'cooling:' .. line, '-inf', now, 'LIMIT', 0, limit)
  for i = 1, #cooled do refresh(key_of(cooled[i]), line) end
  return #cooled == limit
end

local function write_keys()
  local values, gone = {}, {}
  for name, key in pairs(known) do
    if key.isForgotten then
      gone[#gone + 1] = name
    elseif key.isChanged then
      values[#values + 1] = name
      values[#values + 1] = cjson.encode({ running = key.running, ended = key.ended, starts = #key.starts > 0 and key.starts or nil })
    end
  end
  spread('HSET', P .. 'keys', values)
  spread('HDEL', P .. 'keys', gone)
end
`;
