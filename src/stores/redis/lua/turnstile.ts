/**
 * Constraint keys and the lines of jobs before them. The rules are those of `core/constraint.ts`.
 *
 * A line holds the jobs of one queue and lane that wait at one key: `line:<lane><queue>\0<key>`. It is open (its head
 * stands in `ready` too), cooling (time will open it: the key stands in `cooling`), or blocked (a run must end first).
 * Which one follows from the key's state, so it isn't written down: `announce` puts it right.
 */

import { lua } from './lua.js';

export const turnstile: string = lua`
local known, limits = {}, {}
local storedKeys, storedLines = {}, {}
local noLines, noStarts = {}, {}

local function limits_of(group)
  local found = limits[group]
  if not found then
    local stored = call('HGET', P .. 'groups', group)
    local list = stored and cjson.decode(stored) or {}
    found = { most = list.most, cooldown = list.cooldown, rate = list.rate, per = list.per }
    found.cools = found.cooldown or found.rate
    limits[group] = found
  end
  return found
end

-- Reads the keys of many jobs at once: a list of lists of names, or false.
load_keys = function(lists)
  local asked = {}
  for i = 1, #lists do
    for _, name in ipairs(lists[i] or {}) do
      if storedKeys[name] == nil then
        storedKeys[name] = false
        asked[#asked + 1] = name
      end
    end
  end
  local states = collect('HMGET', P .. 'keys', asked)
  for i = 1, #asked do storedKeys[asked[i]] = states[i] end
end

local function stored(cache, hash, name)
  if cache[name] == nil then cache[name] = call('HGET', P .. hash, name) end
  return cache[name]
end

-- How many run, when the last one ended or -, starts in turn with how many there were.
local function parse_key(key, packed)
  local running, ended, starts = string.match(packed, '^(%d+) (%S+)(.*)$')
  key.running, key.ended = tonumber(running), tonumber(ended)
  if starts == '' then return end
  key.starts = {}
  for number in string.gmatch(starts, '%d+') do key.starts[#key.starts + 1] = tonumber(number) end
end

local function pack_key(key)
  local packed = key.running .. (key.ended and string.format(' %.0f', key.ended) or ' -')
  for i = 1, #key.starts do packed = packed .. ' ' .. text(key.starts[i]) end
  return packed
end

local function key_of(name)
  local key = known[name]
  if key then return key end
  key = { name = name, limits = limits_of(string.sub(name, 1, string.find(name, '/', 1, true) - 1)), running = 0, starts = noStarts }
  local packed = stored(storedKeys, 'keys', name)
  if packed then parse_key(key, packed) end
  known[name] = key
  return key
end

-- Which lines wait at it. Never changed in place: many keys share one.
local function lines_of(key)
  if not key.lines then
    local packed = stored(storedLines, 'lines', key.name)
    if packed and not keysets[packed] then keysets[packed] = cjson.decode(packed) end
    key.lines = packed and keysets[packed] or noLines
  end
  return key.lines
end

local function set_lines(key, lines)
  key.lines = lines
  key.hasLinesChanged = true
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

local function line_set(key, line)
  return P .. 'line:' .. line .. '\0' .. key.name
end

-- open, blocked, or the time at which it opens.
local function status_of(key)
  local at = opens_at(key)
  return at == nil and 'blocked' or at <= now and 'open' or at
end

-- The head, as score and name, stands in ready if and only if the line is open; its key in cooling if and only if time
-- will open it.
local function announce(key, line, score, name)
  local status = status_of(key)
  if status == 'open' then ready_add(line, score, name) else ready_remove(line, name) end
  if not key.limits.cools then return end
  if type(status) == 'number' then
    isNews = true
    edit(P .. 'cooling:' .. line, key.name, status)
  else
    edit(P .. 'cooling:' .. line, key.name, false)
  end
end

local function refresh(key, line)
  local head = call('ZRANGE', line_set(key, line), 0, 0, 'WITHSCORES')
  if head[1] then announce(key, line, head[2], head[1]) end
end

local function refresh_all(key)
  local lines = lines_of(key)
  for i = 1, #lines do refresh(key, lines[i]) end
end

local function write_key(key)
  key.isChanged = true
end

local function forget(key)
  if not is_forgettable(key) or #lines_of(key) > 0 then return end
  key.isForgotten = true
end

-- The first of these keys without room, or nil if a job that has them may run.
local function blocked_on(list)
  for i = 1, #list do
    local key = key_of(list[i])
    if not has_room(key) then return key end
  end
end

-- The job joins the line of the key that blocks it, else of its first.
park = function(job)
  local key = blocked_on(keys(job)) or key_of(keys(job)[1])
  key.isForgotten = nil
  local line, name = lane(job), member(job)
  local set = line_set(key, line)
  job.parked = key.name
  call('ZADD', set, -job.priority, name)
  local heads = call('ZRANGE', set, 0, 1)
  if heads[1] ~= name then return end
  if heads[2] then
    ready_remove(line, heads[2])
  else
    local lines = { line }
    for _, other in ipairs(lines_of(key)) do
      if other ~= line then lines[#lines + 1] = other end
    end
    set_lines(key, lines)
  end
  announce(key, line, -job.priority, name)
end

-- The job of that name leaves the line.
leave_line = function(parked, line, name)
  local key = key_of(parked)
  local set = line_set(key, line)
  local heads = call('ZRANGE', set, 0, 1, 'WITHSCORES')
  call('ZREM', set, name)
  if heads[1] ~= name then return end
  ready_remove(line, name)
  if heads[3] then return announce(key, line, heads[4], heads[3]) end
  if key.limits.cools then edit(P .. 'cooling:' .. line, key.name, false) end
  local lines = {}
  for _, other in ipairs(lines_of(key)) do
    if other ~= line then lines[#lines + 1] = other end
  end
  set_lines(key, lines)
  forget(key)
end

-- Without its record nobody knows at which key it waited.
local function leave_everywhere(line, name)
  ready_remove(line, name)
  for _, parked in ipairs(call('HKEYS', P .. 'lines')) do
    if call('ZSCORE', P .. 'line:' .. line .. '\0' .. parked, name) then leave_line(parked, line, name) end
  end
end

-- Starts closer together than per / 64 share a pair under the later instant, while they are in one bucket.
local function add_start(key)
  local l, kept = key.limits, noStarts
  if l.rate then
    kept = {}
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

-- A run starts: it takes a slot of each of these keys.
local function start(list)
  for i = 1, #list do
    local key = key_of(list[i])
    local before = status_of(key)
    key.isForgotten = nil
    key.running = key.running + 1
    add_start(key)
    write_key(key)
    if status_of(key) ~= before then refresh_all(key) end
  end
end

-- Its run ended at that instant, or (nil) it was given back without a run, which starts no cooldown.
local function stop(list, ended)
  for i = 1, #list do
    local key = key_of(list[i])
    local before = status_of(key)
    key.running = math.max(0, key.running - 1)
    if ended then key.ended = math.max(ended, key.ended or ended) end
    write_key(key)
    if status_of(key) ~= before then refresh_all(key) end
    forget(key)
  end
end

-- Opens up to limit lines whose time has come. True if that was not all.
local function open_cooled(line, limit)
  local cooled = call('ZRANGEBYSCORE', P .. 'cooling:' .. line, '-inf', now, 'LIMIT', 0, limit)
  for i = 1, #cooled do refresh(key_of(cooled[i]), line) end
  return #cooled == limit
end

-- The group's limits have changed.
local function forget_limits(group)
  limits[group] = nil
  known = {}
end

local function write_keys()
  local values, gone, lines, noneLeft = {}, {}, {}, {}
  for name, key in pairs(known) do
    if key.isForgotten then
      gone[#gone + 1] = name
    elseif key.isChanged then
      values[#values + 1] = name
      values[#values + 1] = pack_key(key)
    end
    if key.hasLinesChanged and #key.lines == 0 then
      noneLeft[#noneLeft + 1] = name
    elseif key.hasLinesChanged then
      lines[#lines + 1] = name
      lines[#lines + 1] = cjson.encode(key.lines)
    end
  end
  spread('HSET', P .. 'keys', values)
  spread('HDEL', P .. 'keys', gone)
  spread('HSET', P .. 'lines', lines)
  spread('HDEL', P .. 'lines', noneLeft)
end
`;
