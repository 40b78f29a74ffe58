/** Jobs that are taken apart: read, changed, and written once when the call ends. `format.ts` draws what is stored. */
import { lua } from './lua.js';

export const record: string = lua`
local metas, keysets = {}, {}

local function parse(id, packed)
  local place, flags, reason, sides, rev, attempt, generation, priority, seq, created, due, at =
    struct.unpack(HEAD, packed)
  local job = {
    id = id, place = place, was = place, reason = reason, sides = sides, rev = rev, told = rev, attempt = attempt, generation = generation,
    priority = priority, seq = seq, created = created, due = due, input = band(flags, INPUT),
  }
  if flags ~= job.input then
    job.suspect = band(flags, SUSPECT) ~= 0
    job.cancel = band(flags, CANCEL) ~= 0
    job.unique = band(flags, UNIQUE) ~= 0
    if band(flags, TAILED) ~= 0 then
      local claimed, ended, prune, size
      claimed, ended, prune, size, at = struct.unpack(TAIL, packed, at)
      job.claimed = claimed >= 0 and claimed or nil
      job.ended = ended >= 0 and ended or nil
      job.prune = prune >= 0 and prune or nil
      if size > 0 then job.token = string.sub(packed, at, at + size - 1) end
      at = at + size
    end
    if band(flags, PARKED) ~= 0 then
      local size
      size, at = struct.unpack('>H', packed, at)
      job.parked = string.sub(packed, at, at + size - 1)
      at = at + size
    end
  end
  job.rest = string.sub(packed, at)
  return job
end

local function pack(job)
  local flags = job.input
  local tail = ''
  if job.suspect then flags = flags + SUSPECT end
  if job.cancel then flags = flags + CANCEL end
  if job.unique then flags = flags + UNIQUE end
  if job.claimed or job.ended then
    flags = flags + TAILED
    local token = job.token or ''
    tail = struct.pack(TAIL, job.claimed or -1, job.ended or -1, job.prune or -1, #token) .. token
  end
  if job.parked then
    flags = flags + PARKED
    tail = tail .. struct.pack('>H', #job.parked) .. job.parked
  end
  return struct.pack(HEAD, job.place, flags, job.reason, job.sides, job.rev, job.attempt, job.generation,
    job.priority, job.seq, job.created, job.due) .. tail .. job.rest
end

-- What the producer gave: task, queue, attempts, and extras. Many jobs have the same.
local function meta_of(rest)
  local head = string.sub(rest, 1, string.find(rest, '\n', 1, true) - 1)
  local meta = metas[head]
  if not meta then
    local list = cjson.decode(head)
    local extras = list[4] or {}
    meta = {
      task = list[1], queue = list[2], max = given(list[3]),
      head = head, unique = extras.unique, digest = extras.digest, rare = extras.rare, labels = extras.labels,
      isScheduled = extras.rare and extras.rare.scheduleId and true,
    }
    metas[head] = meta
  end
  return meta
end

local function meta(job)
  if not job.meta then job.meta = meta_of(job.rest) end
  return job.meta
end

-- Names of keys as JSON; false if they are none.
local function keyset_of(list)
  local isOne = find(list, '"', 3, true) == #list - 1 and not find(list, '\\', 3, true)
  if isOne and find(list, '/', 3, true) then return { sub(list, 3, -3) } end
  local isRead, names = pcall(cjson.decode, list)
  if not isRead or type(names) ~= 'table' then return false end
  for _, name in ipairs(names) do
    if type(name) ~= 'string' or not string.find(name, '/', 1, true) then return false end
  end
  return #names > 0 and names
end

-- The keys of a record whose meta ends in the line break at that place; nil if it has none, false if they can't be read.
local function keys_after(packed, line)
  local ends = find(packed, '\n', line + 1, true)
  if not ends then return false end
  if ends == line + 1 then return nil end
  local list = sub(packed, line + 1, ends - 1)
  local found = keysets[list]
  if found == nil then
    found = keyset_of(list)
    keysets[list] = found
  end
  return found
end

-- The constraint keys, or false.
local function keys(job)
  if job.keys == nil then job.keys = keys_after(job.rest, string.find(job.rest, '\n', 1, true)) or false end
  return job.keys
end

local function rekey(job, list)
  local from = string.find(job.rest, '\n', 1, true)
  local to = string.find(job.rest, '\n', from + 1, true)
  job.rest = string.sub(job.rest, 1, from) .. list .. string.sub(job.rest, to)
  job.keys = nil
end

-- Jobs that this call has looked at, by id, as they are stored and taken apart; and what it has to write when it ends.
local raws, jobs, changed, removed = {}, {}, {}, {}
-- Something became claimable that was not.
local isNews = false
local sideValues = { results = {}, errors = {}, progress = {} }

-- Records that can't be read, by id: they go out of the way, and all else goes on.
local damaged = {}
local function read(id, packed)
  local isRead, job = pcall(function()
    local parsed = parse(id, packed)
    assert(string.find('LZDKORSCFX', parsed.place, 1, true) and meta(parsed).queue)
    assert(keys_after(parsed.rest, #parsed.meta.head + 1) ~= false)
    return parsed
  end)
  if isRead then return job end
  damaged[id] = packed
  removed[#removed + 1] = id
  raws[id] = false
  return false
end

local function load(ids)
  local asked = {}
  for i = 1, #ids do
    if raws[ids[i]] == nil then
      raws[ids[i]] = false
      asked[#asked + 1] = ids[i]
    end
  end
  local found = collect('HMGET', P .. 'jobs', asked)
  for i = 1, #asked do raws[asked[i]] = found[i] end
end

-- The job, or false.
local function job_of(id)
  local job = jobs[id]
  if job == nil then
    if raws[id] == nil then load({ id }) end
    job = raws[id] and read(id, raws[id])
    jobs[id] = job
  end
  return job
end

local function keys_inside(packed)
  local flags, at = string.byte(packed, 2), 43
  if band(flags, TAILED) ~= 0 then at = at + 25 + string.byte(packed, at + 24) end
  if band(flags, PARKED) ~= 0 then at = at + 2 + struct.unpack('>H', packed, at) end
  return keys_after(packed, string.find(packed, '\n', at, true))
end

-- Of a job that was loaded, without taking it apart: its constraint keys, or nil.
local function keys_within(id)
  if not raws[id] then return nil end
  local isRead, list = pcall(keys_inside, raws[id])
  return isRead and list or nil
end

-- It has changed. Its place must be known by now.
local function touch(job)
  if isFollowed and job.told ~= job.rev then
    local letter = job.place == 'R' and job.was == 'R' and 'U' or job.place
    job.told, job.was = job.rev, job.place
    tell(meta(job).head, job.id, letter, job.reason, job.rev, job.attempt, job.generation)
  end
  if not job.touched then
    job.touched = true
    changed[#changed + 1] = job
  end
end

local function write_jobs()
  local values = {}
  for i = 1, #changed do
    local job = changed[i]
    if not job.gone then
      job.packed = pack(job)
      values[#values + 1] = job.id
      values[#values + 1] = job.packed
    end
  end
  spread('HSET', P .. 'jobs', values)
  spread('HDEL', P .. 'jobs', removed)
  for id, packed in pairs(damaged) do call('HSET', P .. 'damaged', id, packed) end
  for hash, list in pairs(sideValues) do spread('HSET', P .. hash, list) end
end
`;
