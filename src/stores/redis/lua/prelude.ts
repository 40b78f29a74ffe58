/**
 * What every script begins with: its one argument, the store's clock, and commands on many items.
 *
 * `KEYS[1]` is the prefix that all keys of the partition share; it holds their hash tag. `ARGV[1]` is one JSON object,
 * `args`; what follows it are bulk values. `args.now` stands for the server's clock in tests.
 */

import { lua } from './lua.js';

export const prelude: string = lua`
local P = KEYS[1]
local call = redis.call
local args = cjson.decode(ARGV[1])
local now = args.now
if not now then
  local t = call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Lua can't unpack more than some thousand values at once.
local CHUNK = 2000

-- A command that answers nothing of interest, for any number of values.
local function spread(command, key, values)
  local n = #values
  for i = 1, n, CHUNK do
    call(command, key, unpack(values, i, math.min(i + CHUNK - 1, n)))
  end
end

-- A command that answers an item for each value.
local function collect(command, key, values)
  local n = #values
  if n == 0 then return {} end
  if n <= CHUNK then return call(command, key, unpack(values)) end
  local found = {}
  for i = 1, n, CHUNK do
    local part = call(command, key, unpack(values, i, math.min(i + CHUNK - 1, n)))
    for j = 1, #part do found[i + j - 1] = part[j] end
  end
  return found
end

-- A table whose fields are made when the first of them is asked for: what a call doesn't need costs it nothing.
local function lazily(make)
  return setmetatable({}, {
    __index = function(part, name)
      setmetatable(part, nil)
      for field, value in pairs(make()) do part[field] = value end
      return part[name]
    end,
  })
end

local function given(value)
  if value == nil or value == cjson.null then return nil end
  return value
end

-- In full: Lua would write large numbers with an exponent.
local function text(number)
  return string.format('%.0f', number)
end
`;
