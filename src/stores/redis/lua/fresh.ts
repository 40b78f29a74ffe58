/**
 * The way of most inserts: all jobs of the call are new and due at once, without keys, priority, unique key or schedule.
 * They go to the end of their queue's list; or to an idle worker whose claim is open, see `open.ts`.
 *
 * It stands before all that other inserts need, and nothing of that is made where it has done the work: on an idle
 * server, whose caches are cold, that is most of the time from an enqueue to the first line of the function.
 */
import { lua } from './lua.js';

export const fresh: string = lua`
-- So many of those that came last are looked at for the one with most slots.
local CANDIDATES = 4

local function all_new_ids()
  local ids, seen = {}, {}
  for i = 2, #ARGV, 2 do
    local id = ARGV[i]
    if seen[id] then return nil end
    seen[id] = true
    ids[#ids + 1] = id
  end
  local known = collect('HMGET', P .. 'jobs', ids)
  for i = 1, #ids do
    if known[i] then return nil end
  end
  return ids
end

-- They come in the order in which they are due, unless the clock stepped back.
local function are_all_fresh()
  for _, group in ipairs(args.groups) do
    if group.delayMs ~= 0 or group.priority ~= 0 or group.isUnique or group.hasKeys or group.isScheduled then return false end
    local last = call('HGET', P .. 'freshest', group.queue)
    if last and tonumber(last) > now then return false end
  end
  return true
end

-- Nothing of the queue is there to claim, now or once somebody looks; and it may be claimed from.
local function is_drained(queue)
  local stored = call('HGET', P .. 'queues', queue)
  local settings = stored and cjson.decode(stored)
  if settings and (settings.paused or given(settings.concurrency)) then return false end
  local counts = call('HMGET', P .. 'counts', 'L' .. queue, 'Z' .. queue)
  if tonumber(counts[1] or 0) + tonumber(counts[2] or 0) > 0 then return false end
  local ready, later = { P .. 'ready:0' .. queue, P .. 'ready:1' .. queue }, {}
  for i, set in ipairs({ 'later:', 'delayed:', 'cooling:0', 'cooling:1' }) do later[i] = P .. set .. queue end
  if call('EXISTS', ready[1], ready[2], unpack(later)) == 0 then return true end
  if call('EXISTS', unpack(ready)) > 0 then return false end
  for i = 1, #later do
    if call('ZRANGEBYSCORE', later[i], '-inf', now, 'LIMIT', 0, 1)[1] then return false end
  end
  return true
end

-- An open claim on so many jobs of the queue: that of the worker with most slots, which has somebody to hear of it.
local function find_open(queue, n)
  if not isOpen then return nil end
  local idle, best = P .. 'idle:' .. queue, nil
  local workers = call('ZREVRANGE', idle, 0, CANDIDATES - 1)
  if #workers == 0 or not is_drained(queue) then return nil end
  for _, worker in ipairs(workers) do
    local entry = call('HGET', P .. 'state', open_field(worker))
    local closes, ends, leaseMs, slots, from, token = match(entry or '', OPEN)
    slots = tonumber(slots)
    if not slots or now >= tonumber(closes) or call('PUBSUB', 'NUMSUB', P .. 'filled:' .. from)[2] == 0 then
      call('ZREM', idle, worker)
    elseif slots >= n and (not best or slots > best.slots) then
      best = { worker = worker, ends = tonumber(ends), leaseMs = tonumber(leaseMs), slots = slots, from = from, token = token }
    end
  end
  -- A server that lost its newest writes may find the claim open once more: no token may be given twice.
  if best then best.filled = best.token .. '.' .. text(now) end
  return best
end

local function fill(open, ids, records)
  put_claim(open.filled, open.worker, open.leaseMs, ids, open.ends)
  call('HSET', P .. 'state', open_field(open.worker), 'F ' .. open.filled)
  local parts = { struct.pack('>I2', #open.token), open.token }
  for i = 1, #ids do
    local packed = records[2 * i]
    parts[i + 2] = struct.pack('>I2', #ids[i]) .. ids[i] .. struct.pack('>I4', #packed) .. packed
  end
  call('PUBLISH', P .. 'filled:' .. open.from, table.concat(parts))
end

-- Numbers only grow, so all of a block come one after the other.
local function file_under(seq, ids)
  local at = 1
  while at <= #ids do
    local block = math.floor(seq / BLOCK)
    local last = math.min(#ids, at + (block + 1) * BLOCK - seq - 1)
    call('ZADD', P .. 'blocks', block, block)
    call('RPUSH', P .. 'block:' .. text(block), unpack(ids, at, last))
    seq, at = seq + last + 1 - at, last + 1
  end
end

local function tell_of(id, rest, isFilled)
  local head = sub(rest, 1, find(rest, '\n', 1, true) - 1)
  tell(head, id, 'L', ENQUEUED, 1, 0, 1)
  if isFilled then tell(head, id, 'R', CLAIMED, 2, 1, 1) end
end

-- The jobs of a group, from that number on. Whether an open claim has taken them.
local function insert_group(group, ids, from)
  local queue, n = group.queue, group.n
  call('HSET', P .. 'freshest', queue, text(now))
  local open = find_open(queue, n)
  local start = 'L' .. char(group.input, ENQUEUED, 0) .. struct.pack('>I4I4I4i4', 1, 0, 1, 0)
  local times = struct.pack('>dd', now, now)
  if open then
    start = 'R' .. char(group.input + TAILED, CLAIMED, 0) .. struct.pack('>I4I4I4i4', 2, 1, 1, 0)
    times = times .. struct.pack(TAIL, now, -1, -1, #open.filled) .. open.filled
  end
  local seq = call('HINCRBY', P .. 'state', 'seq', n) - n
  local own, records = {}, {}
  for i = 1, n do
    local id, rest = ids[from + i], ARGV[2 * (from + i) + 1]
    own[i] = id
    records[2 * i - 1] = id
    records[2 * i] = start .. struct.pack('>I6', seq + i) .. times .. rest
    if isFollowed then tell_of(id, rest, open) end
  end
  spread('HSET', P .. 'jobs', records)
  file_under(seq + 1, own)
  call('HINCRBY', P .. 'counts', (open and 'R' or 'L') .. queue, n)
  if open then fill(open, own, records) else spread('RPUSH', P .. 'fresh:' .. queue, own) end
  return open
end

-- Nil if they go another way, and nothing was written.
local function insert_fresh()
  local ids = are_all_fresh() and all_new_ids()
  if not ids then return nil end
  local from, letters, isNews = 0, {}, false
  for i, group in ipairs(args.groups) do
    local isTaken = insert_group(group, ids, from)
    letters[i] = string.rep(isTaken and 't' or 'i', group.n)
    from = from + group.n
    isNews = isNews or not isTaken
  end
  write_events()
  local writes = call('HINCRBY', P .. 'state', 'writes', 1)
  if isNews then call('PUBLISH', P .. 'news', args.from) end
  return { table.concat(letters), writes, {} }
end

local inserted = insert_fresh()
if inserted then return inserted end
`;
