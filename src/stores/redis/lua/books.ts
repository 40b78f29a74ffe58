/** What a call puts off to its end: counts, what is appended to lists, edits of sorted sets. Each is sent in one command. */
import { lua } from './lua.js';

export const books: string = lua`
local deltas, pushes = {}, {}

local function tally(place, queue, n)
  local field = place .. queue
  deltas[field] = (deltas[field] or 0) + n
end

-- What is to be appended to a list when the call ends.
local function appended(list)
  local values = pushes[list]
  if not values then
    values = {}
    pushes[list] = values
  end
  return values
end

local function push(list, value)
  local values = appended(list)
  values[#values + 1] = value
end

-- Lists of ended jobs by how long they stay. Who ended again stands there twice, told apart by the revision.
local endings = {}
local function list_of_ended(ended, prune)
  local age = prune - ended
  local list = endings[age]
  if not list then
    list = appended(P .. 'ended:' .. text(age))
    endings[age] = list
    call('ZADD', P .. 'retentions', 'NX', prune, text(age))
  end
  return list
end

-- By key: the score of each member that is to be added, false for one that is to be removed.
local edits = {}

local function edit(key, name, score)
  local list = edits[key]
  if not list then
    list = {}
    edits[key] = list
  end
  list[name] = score
end

local function write_set(key)
  local list = edits[key]
  if not list then return end
  local adds, removes = {}, {}
  for name, score in pairs(list) do
    if score then
      adds[#adds + 1] = score
      adds[#adds + 1] = name
    else
      removes[#removes + 1] = name
    end
  end
  edits[key] = nil
  spread('ZREM', key, removes)
  spread('ZADD', key, adds)
end

local function write_sets()
  local all = {}
  for key in pairs(edits) do all[#all + 1] = key end
  for i = 1, #all do write_set(all[i]) end
end

local function counted(letter, queue)
  return tonumber(call('HGET', P .. 'counts', letter .. queue) or 0) + (deltas[letter .. queue] or 0)
end

-- The order of claim within equal priority. The score of a set is the priority, negated.
local function member(job)
  return struct.pack('>I7I6', math.max(job.due, 0), job.seq) .. job.id
end

-- The same, of a job that was loaded and not changed since.
local function name_of(id)
  if jobs[id] then return member(jobs[id]) end
  local packed = raws[id]
  -- Damaged: it goes first, and out of the way.
  if #packed < 42 then return string.rep('\0', 13) .. id end
  local due = struct.unpack('>d', packed, 35)
  return struct.pack('>I7', math.max(due, 0)) .. string.sub(packed, 21, 26) .. id
end

-- By due time and number, as Redis orders the members of a set: Lua compares texts by the rules of the server's language.
local function is_earlier(name, other)
  local due, seq = struct.unpack('>I7I6', name)
  local otherDue, otherSeq = struct.unpack('>I7I6', other)
  if due ~= otherDue then return due < otherDue end
  return seq < otherSeq
end

-- The order of claim: by score, which is the priority negated, then by name, which begins with due time and number.
local function is_before(score, name, other)
  if not other then return true end
  if score ~= other.score then return score < other.score end
  return is_earlier(name, other.name)
end

-- Redis keeps a hash of some hundred short values as a list, and looks each field up from its beginning, unless one of
-- them is longer than this. Its field is no name of a key.
local FILLER = string.rep('.', 65)
local function fill(values)
  if #values < 40 then return end
  values[#values + 1] = ''
  values[#values + 1] = FILLER
end

local function is_filled(hash)
  local n = call('HLEN', P .. hash)
  return n > 1 or n == 1 and call('HEXISTS', P .. hash, '') == 0
end

-- Nothing is in the sorted set, or will be when the call ends.
local function is_empty(key)
  return not edits[key] and call('EXISTS', key) == 0
end

local function write_places()
  for list, values in pairs(pushes) do spread('RPUSH', list, values) end
  for field, n in pairs(deltas) do
    if n ~= 0 then
      local left = call('HINCRBY', P .. 'counts', field, n)
      -- Nobody stands there any more: what is left are those who went out of turn.
      if left == 0 and n < 0 and string.sub(field, 1, 1) == 'L' then call('UNLINK', P .. 'fresh:' .. string.sub(field, 2)) end
    end
  end
end
`;
