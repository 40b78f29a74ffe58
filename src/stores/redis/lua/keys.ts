/**
 * The states of constraint keys: how many run, since when one cools, how many started lately. The rules are those of
 * `core/constraint.ts`.
 *
 * Most groups limit how many run at once, and nothing else. Time says nothing of their keys: that number is all that is
 * kept, and a line opens or closes only as it crosses the limit.
 */

import { lua } from './lua.js';

export const keys: string = lua`
local known, limits = {}, {}
local storedLines, linesets = {}, {}
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

-- The limits of a key's group, which its name begins with. Most are like the one before.
local lastGroup, lastLimits
local function limits_by(name)
  if not lastGroup or sub(name, 1, #lastGroup) ~= lastGroup then
    local slash = find(name, '/', 1, true)
    lastGroup, lastLimits = sub(name, 1, slash), limits_of(sub(name, 1, slash - 1))
  end
  return lastLimits
end

-- How many run, when the last one ended or -, starts in turn with how many there were.
local function parse_key(key, packed)
  local running, ended, starts = match(packed, '^(%d+) (%S+)(.*)$')
  key.running, key.ended = tonumber(running), tonumber(ended)
  if starts == '' then return end
  key.starts = {}
  for number in string.gmatch(starts, '%d+') do key.starts[#key.starts + 1] = tonumber(number) end
end

-- What most states are, and how many run then.
local counts, packedCounts = {}, {}

local function pack_key(key)
  if not key.ended and #key.starts == 0 then
    local found = packedCounts[key.running]
    if not found then
      found = key.running .. ' -'
      packedCounts[key.running] = found
    end
    return found
  end
  local packed = key.running .. (key.ended and string.format(' %.0f', key.ended) or ' -')
  for i = 1, #key.starts do packed = packed .. ' ' .. text(key.starts[i]) end
  return packed
end

-- As it is stored; nothing is, of one that limits nothing.
local function add_key(name, packed)
  local running = not packed and 0 or counts[packed]
  local key = { name = name, limits = limits_by(name), stored = packed, running = running, starts = noStarts }
  if not running then
    parse_key(key, packed)
    if not key.ended and #key.starts == 0 then counts[packed] = key.running end
  end
  known[name] = key
  return key
end

local function key_of(name)
  return known[name] or add_key(name, call('HGET', P .. 'keys', name))
end

-- Somebody stands in a line.
local areLines
local function are_lines()
  if areLines == nil then areLines = is_filled('lines') end
  return areLines
end

-- Reads the keys of many jobs at once: a list of lists of names, or false.
local function load_keys(lists)
  local asked = {}
  for i = 1, #lists do
    local names = lists[i] or noStarts
    for j = 1, #names do
      local name = names[j]
      if known[name] == nil then
        known[name] = false
        asked[#asked + 1] = name
      end
    end
  end
  if #asked == 0 then return end
  local states = collect('HMGET', P .. 'keys', asked)
  for i = 1, #asked do add_key(asked[i], states[i]) end
  if not are_lines() then return end
  local lines = collect('HMGET', P .. 'lines', asked)
  for i = 1, #asked do storedLines[asked[i]] = lines[i] end
end

-- Which lines wait at it. Never changed in place: many keys share one.
local function lines_of(key)
  if not key.lines then
    local packed = are_lines() and storedLines[key.name]
    if packed == nil then packed = call('HGET', P .. 'lines', key.name) end
    if packed and not linesets[packed] then linesets[packed] = cjson.decode(packed) end
    key.lines = packed and linesets[packed] or noLines
  end
  return key.lines
end

local function set_lines(key, lines)
  key.lines, key.joined = lines, nil
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
  if l.most and key.running >= l.most then return false end
  if not l.cools then return true end
  if cools_until(key) > now then return false end
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

-- open, blocked, or the time at which it opens.
local function status_of(key)
  local at = opens_at(key)
  return at == nil and 'blocked' or at <= now and 'open' or at
end

-- The first of these keys without room, or nil if a job that has them may run.
local function blocked_on(list)
  for i = 1, #list do
    local key = known[list[i]] or key_of(list[i])
    local most = key.limits.most
    if most and key.running >= most or key.limits.cools and not has_room(key) then return key end
  end
end

local function write_key(key)
  key.isChanged = true
end

-- It may limit nothing any more: the end of the call looks.
local function forget(key)
  key.isDoubted = true
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
    local key = known[list[i]] or key_of(list[i])
    local most = key.limits.most
    key.isChanged = true
    if key.limits.cools then
      local before = status_of(key)
      key.running = key.running + 1
      add_start(key)
      if status_of(key) ~= before then whole.refresh_all(key) end
    else
      local running = key.running + 1
      key.running = running
      if #key.starts > 0 then key.starts = noStarts end
      if most and running >= most and running - 1 < most then whole.refresh_all(key) end
    end
  end
end

-- Its run ended at that instant, or (nil) it was given back without a run, which starts no cooldown.
local function stop(list, ended)
  for i = 1, #list do
    local key = known[list[i]] or key_of(list[i])
    local running, most = key.running - 1, key.limits.most
    if running < 0 then running = 0 end
    key.isChanged = true
    if key.limits.cools then
      local before = status_of(key)
      key.running = running
      if ended then key.ended = math.max(ended, key.ended or ended) end
      if status_of(key) ~= before then whole.refresh_all(key) end
    else
      local wasFull = most and key.running >= most
      key.running = running
      if wasFull and running < most then whole.refresh_all(key) end
    end
    if running == 0 then key.isDoubted = true end
  end
end

-- The group's limits have changed.
local function forget_limits(group)
  limits[group], lastGroup, known = nil, nil, {}
  -- What cooled under the earlier ones may not cool any more.
  limits_of(group).isNew = true
end

local function write_keys()
  local values, gone, lines, noneLeft = {}, {}, {}, {}
  for name, key in pairs(known) do
    if key.isDoubted and key.running == 0 and (not key.limits.cools or is_forgettable(key)) and #lines_of(key) == 0 then
      if key.stored then gone[#gone + 1] = name end
    elseif key.isChanged then
      local packed = pack_key(key)
      if packed ~= key.stored then
        values[#values + 1] = name
        values[#values + 1] = packed
      end
    end
    if key.hasLinesChanged and #key.lines == 0 then
      noneLeft[#noneLeft + 1] = name
    elseif key.hasLinesChanged then
      lines[#lines + 1] = name
      lines[#lines + 1] = cjson.encode(key.lines)
    end
  end
  fill(values)
  fill(lines)
  spread('HSET', P .. 'keys', values)
  spread('HDEL', P .. 'keys', gone)
  spread('HSET', P .. 'lines', lines)
  spread('HDEL', P .. 'lines', noneLeft)
end
`;
