/**
 * The lines of jobs before constraint keys. The keys themselves are in `keys.ts`.
 *
 * A line holds the jobs of one queue and lane that were found blocked by one key: `line:<lane><queue>\0<key>`. It is open
 * (its head stands in `ready` too), cooling (time will open it: the key stands in `cooling`), or blocked (a run must end first).
 * Which one follows from the key's state, so it isn't written down: `announce` puts it right.
 */

import { lua } from './lua.js';

export const turnstile: string = lua`
local key_of, lines_of, set_lines = keyed.key_of, keyed.lines_of, keyed.set_lines
local status_of, blocked_on, forget = keyed.status_of, keyed.blocked_on, keyed.forget

local function line_set(key, line)
  return P .. 'line:' .. line .. '\0' .. key.name
end

-- The head, as score and name, stands in ready if and only if the line is open; its key in cooling if and only if time
-- will open it.
local function announce(key, line, score, name)
  local status = status_of(key)
  if status == 'open' then ready_add(line, score, name) else ready_remove(line, name) end
  if not key.limits.cools and not key.limits.isNew then return end
  if type(status) == 'number' then
    isNews = true
    edit(P .. 'cooling:' .. line, key.name, status)
  else
    edit(P .. 'cooling:' .. line, key.name, false)
  end
end

local function refresh(key, line)
  write_set(line_set(key, line))
  local head = call('ZRANGE', line_set(key, line), 0, 0, 'WITHSCORES')
  if head[1] then announce(key, line, head[2], head[1]) end
end

local function refresh_all(key)
  local lines = lines_of(key)
  for i = 1, #lines do refresh(key, lines[i]) end
end

local function list_line(key, line)
  local lines = { line }
  for _, other in ipairs(lines_of(key)) do
    if other == line then return end
    lines[#lines + 1] = other
  end
  set_lines(key, lines)
end

-- Somebody joins the line of a key that has no room. Where only runs count, such a line is blocked, and stays so.
local function join(key, line, score, name)
  if not key.limits.cools then
    -- Mostly many join the same one after the other.
    if key.joined ~= line then
      list_line(key, line)
      key.joined, key.joinedSet = line, line_set(key, line)
    end
    return edit(key.joinedSet, name, score)
  end
  local set = line_set(key, line)
  call('ZADD', set, score, name)
  local heads = call('ZRANGE', set, 0, 1)
  if heads[1] ~= name then return end
  if heads[2] then ready_remove(line, heads[2]) else list_line(key, line) end
  announce(key, line, score, name)
end

-- The job joins the line of the key that blocks it. False if all its keys have room.
park = function(job)
  local key = blocked_on(keys(job))
  if not key then return false end
  job.parked = key.name
  join(key, lane(job), 0 - job.priority, member(job))
  return true
end

-- The job of that name leaves the line.
leave_line = function(parked, line, name)
  local key = key_of(parked)
  local set = line_set(key, line)
  write_set(set)
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
    if parked ~= '' and call('ZSCORE', P .. 'line:' .. line .. '\0' .. parked, name) then leave_line(parked, line, name) end
  end
end

-- Opens up to limit lines whose time has come. True if that was not all.
local function open_cooled(line, limit)
  local cooled = call('ZRANGEBYSCORE', P .. 'cooling:' .. line, '-inf', now, 'LIMIT', 0, limit)
  for i = 1, #cooled do refresh(key_of(cooled[i]), line) end
  return #cooled == limit
end
`;
