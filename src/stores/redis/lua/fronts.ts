/** The front of a `ready` set: read once, and kept up to date, since each job that is claimed may bring another to it. */
import { lua } from './lua.js';

export const fronts: string = lua`
local FRONT = 64
local fronts = {}

-- The first of a ready set, or false if it is empty.
local function first_ready(line)
  local key = P .. 'ready:' .. line
  local front = fronts[line]
  if not front or front.at > #front.list and not front.isAll then
    write_set(key)
    local found, ids = call('ZRANGE', key, 0, FRONT - 1, 'WITHSCORES'), {}
    front = { list = {}, at = 1, isAll = #found < 2 * FRONT }
    for i = 1, #found, 2 do
      local name = found[i]
      ids[#ids + 1] = string.sub(name, 14)
      front.list[#ids] = { score = tonumber(found[i + 1]), name = name, id = ids[#ids] }
    end
    fronts[line] = front
    load(ids)
    local lists = {}
    for i = 1, #ids do lists[i] = keys_within(ids[i]) or {} end
    keyed.load_keys(lists)
  end
  return front.list[front.at] or false
end

local function ready_add(line, score, name)
  isNews = true
  edit(P .. 'ready:' .. line, name, score)
  local front = fronts[line]
  if not front then return end
  score = tonumber(score)
  local list = front.list
  local n = #list
  if not front.isAll and (n < front.at or not is_before(score, name, list[n])) then return end
  local at = n + 1
  while at > front.at and is_before(score, name, list[at - 1]) do at = at - 1 end
  if at > front.at and list[at - 1].name == name then return end
  table.insert(list, at, { score = score, name = name, id = string.sub(name, 14) })
end

local function ready_remove(line, name)
  edit(P .. 'ready:' .. line, name, false)
  local front = fronts[line]
  if not front then return end
  local list = front.list
  for at = front.at, #list do
    if list[at].name == name then
      if at == front.at then front.at = at + 1 else table.remove(list, at) end
      return
    end
  end
end
`;
