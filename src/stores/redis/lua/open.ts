/**
 * Claims that found nothing and stay open: an insert fills one at once, so that the idle worker needn't ask.
 *
 * In `state`, the field `open <worker>` has `O`, until when it may be filled, when the lease ends, its length, slots, the
 * process to tell, and the token; or `F` and the token of what filled it, until the worker says that it heard of that.
 * `idle:<queue>` has the workers by how long their claims stay open.
 */
import { lua } from './lua.js';

export const openField: string = lua`
local OPEN = '^O (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$'

local function open_field(worker)
  return 'open ' .. worker
end
`;

export const openClaims: string = lua`
local claim_ = args.claim

local function open_claim(token, queues)
  local closes, ends = now + math.floor(claim_.leaseMs / 3), now + claim_.leaseMs
  local entry = string.format('O %.0f %.0f %.0f %.0f %s %s', closes, ends, claim_.leaseMs, claim_.slots, args.from, token)
  local till = math.max(ends, tonumber(who[3] or 0))
  call('HSET', P .. 'state', open_field(args.worker), entry, 'open until', text(till))
  for i = 1, #queues do call('ZADD', P .. 'idle:' .. queues[i].name, closes, args.worker) end
end

-- This worker's claim is open no more. The token of one that was filled, and that it hasn't heard of; else nil.
local function end_open(heard)
  local entry = isOpen and call('HGET', P .. 'state', open_field(args.worker))
  if not entry then return nil end
  local token = string.match(entry, '^F (.*)$')
  for i = 1, #heard do
    if heard[i] == token then token = nil end
  end
  if not token then call('HDEL', P .. 'state', open_field(args.worker)) end
  return token
end
`;
