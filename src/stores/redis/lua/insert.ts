/**
 * New jobs, each atomic and idempotent by its id: those that don't all go the short way of `fresh.ts`.
 *
 * in    args: from, groups[] of jobs that are placed alike: n, queue, delayMs or dueAt, priority, isUnique, hasKeys,
 *       isScheduled; ARGV: id and rest of each
 * out   a letter for each (i nserted, t aken by an open claim at once, e xisting, r eplaced, c onflict), writes, and for each that is not inserted: its
 *       number, the id that stands, the digest or ''
 */
import { reasonCode } from '../packed.js';
import { lua } from './lua.js';

export const insert: string = lua`
local answers, others, ids = {}, {}, {}
for i = 2, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
load(ids)

local function number(n)
  local last = call('HINCRBY', P .. 'state', 'seq', n)
  return last - n
end

-- Numbers only grow, so all of a block come one after the other.
local blockEnds, blockList = -1, nil
local function file_under(seq, id)
  if seq >= blockEnds then
    local block = math.floor(seq / BLOCK)
    blockEnds, blockList = (block + 1) * BLOCK, appended(P .. 'block:' .. text(block))
    call('ZADD', P .. 'blocks', block, block)
  end
  blockList[#blockList + 1] = id
end

local function stand_for(i, status, job, digest)
  answers[i] = status
  others[#others + 1] = text(i)
  others[#others + 1] = job.id
  others[#others + 1] = digest or ''
end

local function due_of(group)
  if group.dueAt then return math.ceil(group.dueAt) end
  return now + math.ceil(group.delayMs)
end

local function new_job(group, id, rest, seq)
  return {
    id = id, reason = ENQUEUED, sides = 0, rev = 1, attempt = 0, generation = 1, priority = group.priority,
    seq = seq, created = now, due = due_of(group), input = group.input, unique = group.isUnique, rest = rest,
  }
end

-- The waiting job takes over what the new one is to do and when; its attempts, its unique key and schedule stay its own.
local function replace(job, group, rest)
  local place = not whole.is_waiting(job.place) and job.place
  local mine, theirs = string.find(job.rest, '\n', 1, true), string.find(rest, '\n', 1, true)
  local list = cjson.decode(string.sub(job.rest, 1, mine - 1))
  whole.leave(job)
  job.rev = job.rev + 1
  job.reason = ${reasonCode('replaced')}
  list[4].labels = meta_of(rest).labels
  job.rest = cjson.encode(list) .. string.sub(rest, theirs)
  job.meta, job.keys = nil, nil
  job.input, job.priority, job.due = group.input, group.priority, due_of(group)
  if place then job.place = place end
  whole.enter(job)
end

-- Fresh jobs must come in the order in which they are due.
local freshest = {}
local function is_in_order(queue)
  if freshest[queue] == nil then
    local last = call('HGET', P .. 'freshest', queue)
    freshest[queue] = not last or tonumber(last) <= now
    if freshest[queue] then call('HSET', P .. 'freshest', queue, text(now)) end
  end
  return freshest[queue]
end

local function is_fresh(group)
  return due_of(group) == now and group.priority == 0 and is_in_order(group.queue)
end

-- The keys of jobs that are due at once, by number. As long as no key has a state, nothing runs under any.
local keysOf = {}
local function read_keys_of_due()
  if not is_filled('keys') then return end
  local i, lists = 0, {}
  for _, group in ipairs(args.groups) do
    for j = i + 1, i + (group.hasKeys and due_of(group) <= now and group.n or 0) do
      local rest = ARGV[2 * j + 1]
      keysOf[j] = keys_after(rest, find(rest, '\n', 1, true))
      lists[#lists + 1] = keysOf[j]
    end
    i = i + group.n
  end
  if #lists > 0 then keyed.load_keys(lists) end
end

-- The key without room, of the job of that number; nil if there is none.
local function blocked_on(i)
  return keysOf[i] and keyed.blocked_on(keysOf[i])
end

local function add(job, group, isBlocked)
  jobs[job.id] = job
  file_under(job.seq, job.id)
  if group.isFresh and not isBlocked then
    isNews = true
    job.place = 'L'
    push(group.list, job.id)
  end
  whole.enter(job)
end

local hasKeys = false
for _, group in ipairs(args.groups) do hasKeys = hasKeys or group.hasKeys end
if hasKeys then read_keys_of_due() end
local i = 0
for _, group in ipairs(args.groups) do
  local seq = number(group.n)
  group.isFresh = is_fresh(group)
  group.list = P .. 'fresh:' .. group.queue
  local isPlain = group.isFresh and not group.isUnique and not group.isScheduled
  local head, fresh, plains, parked = isPlain and fresh_head(group.input), appended(group.list), 0, 0
  for _ = 1, group.n do
    i = i + 1
    seq = seq + 1
    local id, rest = ids[i], ARGV[2 * i + 1]
    local twin = raws[id] and job_of(id)
    local m = (twin or group.isUnique) and meta_of(rest)
    if twin then
      local own, digest = given(meta(twin).digest), given(m.digest)
      if own == digest then stand_for(i, 'e', twin) else stand_for(i, 'c', twin, own) end
    elseif isPlain then
      local key = blocked_on(i)
      answers[i] = 'i'
      add_plain(id, head, seq, rest, key and 'K')
      file_under(seq, id)
      if key then
        parked = parked + 1
        park_plain(id, key, group.queue, name_of(id))
      else
        plains = plains + 1
        fresh[#fresh + 1] = id
      end
    else
      local holder = group.isUnique and call('HGET', P .. 'uniques', m.queue .. '\0' .. m.unique.key)
      local job = holder and job_of(holder)
      if job then
        if m.unique.onConflict == 'replace' and job.place ~= 'R' then
          replace(job, group, rest)
          stand_for(i, 'r', job)
        else
          stand_for(i, 'e', job)
        end
      else
        answers[i] = 'i'
        add(new_job(group, id, rest, seq), group, blocked_on(i))
      end
    end
  end
  if plains > 0 then
    isNews = true
    tally('L', group.queue, plains)
  end
  if parked > 0 then tally('K', group.queue, parked) end
end
local writes = write_all()
return { table.concat(answers), writes, others }
`;
