/**
 * Claims that found nothing and stay open: an insert fills one at once, so that the idle worker needn't ask.
 *
 * In `state`, the field `open <worker>` has `O`, until when it may be filled, when the lease ends, its length, slots, the
 * process to tell, and the token; or `F` and the token of what filled it, until the worker says that it heard of that.
 * `idle:<queue>` has the workers by how long their claims stay open.
 */
import { lua } from './lua.js';

export const openClaims: string = lua`
local claim_ = args.claim
local OPEN = '^O (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$'
-- So many of those that came last are looked at for the one with most slots.
local CANDIDATES = 4

local function open_field(worker)
  return 'open ' .. worker
end

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

-- Nothing of the queue is there to claim, now or once somebody looks; and it may be claimed from.
local function is_drained(name)
  local queue = queue_of(name)
  if queue.paused or queue.limit or counted('L', name) + counted('Z', name) > 0 then return false end
  if not is_empty(P .. 'ready:0' .. name) or not is_empty(P .. 'ready:1' .. name) then return false end
  for _, set in ipairs({ 'later:', 'delayed:', 'cooling:0', 'cooling:1' }) do
    if call('ZRANGEBYSCORE', P .. set .. name, '-inf', now, 'LIMIT', 0, 1)[1] then return false end
  end
  return true
end

-- An open claim on so many jobs of the queue: that of the worker with most slots, which has somebody to hear of it.
local function find_open(name, n)
  if not isOpen then return nil end
  local idle, best = P .. 'idle:' .. name, nil
  for _, worker in ipairs(call('ZREVRANGE', idle, 0, CANDIDATES - 1)) do
    local entry = call('HGET', P .. 'state', open_field(worker))
    local closes, ends, leaseMs, slots, from, token = string.match(entry or '', OPEN)
    slots = tonumber(slots)
    if not slots or now >= tonumber(closes) or call('PUBSUB', 'NUMSUB', P .. 'filled:' .. from)[2] == 0 then
      call('ZREM', idle, worker)
    elseif slots >= n and (not best or slots > best.slots) then
      -- A server that lost its newest writes may find the claim open once more: no token may be given twice.
      local filled = token .. '.' .. text(now)
      best = {
        worker = worker, ends = tonumber(ends), leaseMs = tonumber(leaseMs), slots = slots, from = from, token = token, filled = filled,
      }
    end
  end
  return best and is_drained(name) and best or nil
end

local function fill(open, ids)
  put_claim(open.filled, open.worker, open.leaseMs, ids, open.ends)
  call('HSET', P .. 'state', open_field(open.worker), 'F ' .. open.filled)
  local parts = { struct.pack('>I2', #open.token), open.token }
  for i = 1, #ids do
    local packed = raws[ids[i]]
    parts[i + 2] = struct.pack('>I2', #ids[i]) .. ids[i] .. struct.pack('>I4', #packed) .. packed
  end
  call('PUBLISH', P .. 'filled:' .. open.from, table.concat(parts))
end
`;
