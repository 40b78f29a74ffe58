/**
 * Settle, promote, claim: the hot path, atomic.
 *
 * in    args: worker, from, heard[], kinds[], tokens[], settles[] of (kind, token, ended ago ms, result, error) each, with 0 for
 *       no text; claim{token, suspect, queues[], slots, prefetch, leaseMs, adopt[], keepsOpen}
 *       ARGV: an id for each settle, then the texts of results and errors
 * out   now, a letter for each settle (o k, r epeated, l ost), 1 if there is more, the next instant or '', names of
 *       orphans, paused queues, writes, then id and record of each claimed job
 */

import { lua } from './lua.js';

export const exchange: string = lua`
local SETTLE = 5
-- So many blocked jobs are put into lines the short way in one call, so that none takes long.
local PARKS = 400

local function text_at(from, number)
  if number > 0 then return ARGV[from + number] end
end

local function settle_whole(job, token, kind, ended, result, error)
  if not job or job.token ~= token then return 'l' end
  if job.place ~= 'R' then return 'r' end
  if keys(job) then keyed.stop(keys(job), kind.isRunsEnd and ended or nil) end
  whole.settle(job, kind, ended, result, error)
  unhold(token)
  return 'o'
end

local function settle_all()
  local list, answers, ids, done, rest, stops, stoppedAt = args.settles, {}, {}, {}, {}, {}, {}
  local n = #list / SETTLE
  for i = 1, n do ids[i] = ARGV[i + 1] end
  load(ids)
  local tokens, kinds = args.tokens, args.kinds
  for i = 1, #kinds do kinds[i].endings, kinds[i].starts = {}, { {}, {} } end
  for i = 1, n do
    local at = (i - 1) * SETTLE
    local token, kind, ended, result = tokens[list[at + 2]], kinds[list[at + 1]], now - list[at + 3], list[at + 4]
    local queue, freed
    if kind.isPlain then queue, freed = complete_plain(ids[i], token, kind, ended, result > 0 and ARGV[n + 1 + result]) end
    if queue then
      unhold(token)
      if freed then
        stops[#stops + 1] = freed
        stoppedAt[#stops] = ended
      end
      done[queue] = (done[queue] or 0) + 1
      answers[i] = 'o'
    else
      rest[#rest + 1] = i
    end
  end
  for queue, number in pairs(done) do
    tally('R', queue, -number)
    tally('C', queue, number)
  end
  if #stops > 0 then keyed.load_keys(stops) end
  for i = 1, #stops do keyed.stop(stops[i], stoppedAt[i]) end
  if #rest == 0 then return table.concat(answers) end
  local others = {}
  for _, i in ipairs(rest) do others[#others + 1] = keys_within(ids[i]) or {} end
  keyed.load_keys(others)
  for _, i in ipairs(rest) do
    local at = (i - 1) * SETTLE
    answers[i] = settle_whole(job_of(ids[i]), args.tokens[list[at + 2]], args.kinds[list[at + 1]], now - list[at + 3],
      text_at(n + 1, list[at + 4]), text_at(n + 1, list[at + 5]))
  end
  return table.concat(answers)
end

local taken, isCut, budget, parks = {}, false, 0, 0
local holds = {}
slots_left = function() return claim_.slots - #taken end

local function note(id, token)
  local ids = holds[token]
  if not ids then
    ids = {}
    holds[token] = ids
  end
  ids[#ids + 1] = id
  taken[#taken + 1] = id
end

local function hold(job, token)
  whole.claim(job, token)
  if keys(job) then keyed.start(keys(job)) end
  note(job.id, token)
end

local function promote_delayed(key)
  local names, due = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, budget), {}
  for i = 1, #names do due[i] = sub(names[i], 14) end
  if #due == budget then isCut = true end
  load(due)
  local lists = {}
  for i = 1, #due do lists[i] = keys_within(due[i]) or {} end
  keyed.load_keys(lists)
  for i = 1, #due do
    local job = job_of(due[i])
    if job and job.place == 'D' then whole.move(job) end
    edit(key, names[i], false)
  end
end

-- Time has come for some: delayed jobs are due, cooled lines open.
local function promote(queue)
  local delayed = P .. 'delayed:' .. queue.name
  local first = first_of(delayed)
  if first and first <= now then promote_delayed(delayed) end
  for l = 0, 1 do
    local line = l .. queue.name
    local opening = first_of(P .. 'cooling:' .. line)
    if opening and opening <= now and whole.open_cooled(line, budget) then isCut = true end
  end
end

-- False if another of its keys blocks it: it has joined that key's line.
local function admits(job)
  if not keys(job) or not keyed.blocked_on(keys(job)) then return true end
  whole.move(job)
  return false
end

-- The next job in the order of claim, over all queues: its id, and how it is taken from where it stands. Nil if none.
local function best(queues, l, wanted)
  local first, source, from
  for i = 1, #queues do
    local queue = queues[i]
    if has_room_in(queue) then
      local top = top_of(l .. queue.name)
      if top and is_before(top.score, top.name, first) then first, source, from = top, 'Z', queue end
      if l == '0' then
        local due = due_of_later(queue, wanted)
        if due and is_before(0, due, first) then
          first, source, from = { score = 0, name = due, id = string.sub(due, 14) }, 'D', queue
        end
        local fresh = fresh_of(queue, wanted)
        local name = fresh and name_of(fresh)
        if fresh and is_before(0, name, first) then first, source, from = { score = 0, name = name, id = fresh }, 'L', queue end
      end
    end
  end
  return first and first.id, source, from, first
end

-- It was claimed, or moved elsewhere, and what its place tells of it is gone already.
local function pass(source, queue)
  if source == 'D' then queue.dueAt = queue.dueAt + 1 elseif source == 'L' then queue.at = queue.at + 1 end
end

-- There is no record of it, or none that can be read.
local function drop(source, queue, l, first)
  if source == 'Z' then whole.leave_everywhere(l .. queue.name, first.name)
  elseif source == 'D' then take_due(queue)
  else queue.at = queue.at + 1 end
end

local function take_suspect(queues)
  if not claim_.suspect or claim_.slots == 0 then return end
  while budget > 0 do
    local id, source, queue, first = best(queues, '1', 1)
    if not id then return end
    local job = job_of(id)
    budget = budget - 1
    if not job then drop(source, queue, '1', first)
    elseif admits(job) then return hold(job, claim_.suspect) end
  end
end

local function take_orphans(queues)
  for _, name in ipairs(claim_.adopt) do
    for i = 1, #queues do
      local list = P .. 'orphans:' .. queues[i].name .. '\0' .. name
      while #taken < claim_.slots and has_room_in(queues[i]) do
        local first = call('ZRANGE', list, 0, 0)[1]
        if not first then break end
        local job = job_of(string.sub(first, 14))
        if not job then
          edit(list, first, false)
          write_set(list)
          break
        end
        -- Suspects and jobs with keys join the lines that claim them by their own rules.
        if not job.suspect and not keys(job) then
          hold(job, claim_.token)
        else
          isCut = true
          budget = budget - 1
          if budget < 0 then break end
          whole.move(job)
        end
      end
    end
  end
end

-- One that stands in no line goes into that of the key that blocks it, unless so many did in this call already.
local function park_short(id, queue, key, name)
  if parks == PARKS or not park_plain(id, key, queue.name, name) then return false end
  parks = parks + 1
  return true
end

-- The one queue, with nothing ready beside: those that are due by now, and then the fresh ones, or the other way round.
local function take_plain(queue, wanted)
  local token, n, parked = claim_.token, { D = 0, L = 0 }, { D = 0, L = 0 }
  while #taken < wanted do
    local due, fresh = due_of_later(queue, wanted), fresh_of(queue, wanted)
    if due and fresh and is_earlier(name_of(fresh), due) then due = false end
    local id = due and sub(due, 14) or fresh
    if not id then break end
    local letter = due and 'D' or 'L'
    local name, list, key = claim_plain(id, token, #taken < claim_.slots)
    if name then
      if list then keyed.start(list) end
      note(id, token)
      n[letter] = n[letter] + 1
    elseif key and park_short(id, queue, key, due or name_of(fresh)) then
      parked[letter] = parked[letter] + 1
    else
      break
    end
    if due then take_due(queue) else queue.at = queue.at + 1 end
  end
  for letter, number in pairs(n) do
    tally(letter, queue.name, -number - parked[letter])
    tally('R', queue.name, number)
    tally('K', queue.name, parked[letter])
  end
end

-- It goes from where it waited, and that is no line.
local function take_off(source, queue, name)
  if source == 'Z' then whole.ready_remove('0' .. queue.name, name)
  elseif source == 'D' then take_due(queue)
  else queue.at = queue.at + 1 end
end

-- Takes it the short way, or puts it into a line, if it is plain.
local function take_short(id, source, queue, first)
  local name, list, key, parked = claim_plain(id, claim_.token, #taken < claim_.slots)
  if not name then
    if not key or parked or not park_short(id, queue, key, first.name) then return false end
    take_off(source, queue, first.name)
    tally(source, queue.name, -1)
    tally('K', queue.name, 1)
    return true
  end
  parked = key
  if parked then
    source = 'K'
    whole.leave_line(parked, '0' .. name, first.name)
  else
    take_off(source, queue, first.name)
  end
  if list then keyed.start(list) end
  tally(source, queue.name, -1)
  tally('R', queue.name, 1)
  note(id, claim_.token)
  return true
end

-- The same for any other job. False if the claim ends before it: it needs a slot, and none is left. To take what stands
-- behind it, again and again, would starve it.
local function take_whole(id, source, queue, first)
  local job = job_of(id)
  if not job then
    drop(source, queue, '0', first)
    return true
  end
  local key = keys(job) and keyed.blocked_on(keys(job))
  if key then
    budget = budget - 1
    if budget < 0 or parks == PARKS then
      isCut = true
      return false
    end
    whole.move(job)
  elseif keys(job) and #taken >= claim_.slots then
    return false
  else
    hold(job, claim_.token)
  end
  pass(source, queue)
  return true
end

local function take(queues)
  budget = math.max(256, 4 * (claim_.slots + claim_.prefetch))
  for i = 1, #queues do promote(queues[i]) end
  take_suspect(queues)
  take_orphans(queues)
  local wanted = claim_.slots + claim_.prefetch
  local least = math.max(wanted, 1)
  if #queues == 1 and not queues[1].limit and not top_of('0' .. queues[1].name) then take_plain(queues[1], wanted) end
  while #taken < wanted do
    local id, source, queue, first = best(queues, '0', least)
    if not id then break end
    if raws[id] == nil then load({ id }) end
    if queue.limit and #taken >= claim_.slots then break end
    if not take_short(id, source, queue, first) and not take_whole(id, source, queue, first) then break end
  end
end

-- What filled an open claim, and may not have reached the worker.
local function take_unheard(token)
  local claim = claim_of(token)
  if not claim then return end
  for _, job in ipairs(held_by(token, claim)) do taken[#taken + 1] = job.id end
  call('ZADD', P .. 'leases', now + claim.leaseMs, token)
end

-- A repeated call: what its tokens hold already.
local function held_already()
  local earlier = claim_of(claim_.token)
  local suspect = claim_.suspect and claim_of(claim_.suspect)
  if not earlier and not suspect then return false end
  for _, job in ipairs(suspect and held_by(claim_.suspect, suspect) or {}) do taken[#taken + 1] = job.id end
  for _, job in ipairs(earlier and held_by(claim_.token, earlier) or {}) do taken[#taken + 1] = job.id end
  return true
end

local function is_more(queues)
  if isCut then return true end
  for i = 1, #queues do
    local queue = queues[i]
    if queue.isCut then return true end
    if has_room_in(queue) then
      if top_of('0' .. queue.name) or due_of_later(queue, 1) then return true end
      -- Read to its end, the list itself knows best.
      if queue.isAllRead then
        if fresh_of(queue, 1) then return true end
      elseif counted('L', queue.name) > 0 then
        return true
      end
      for _, name in ipairs(claim_.adopt) do
        if call('EXISTS', P .. 'orphans:' .. queue.name .. '\0' .. name) == 1 then return true end
      end
    end
  end
  return false
end

local function next_at(queues)
  local first
  for i = 1, #queues do
    for _, set in ipairs({ 'later:', 'delayed:', 'cooling:0', 'cooling:1' }) do
      -- What is due and was not taken waits for room, and not for time.
      local from = set == 'later:' and '(' .. text(now) or '-inf'
      local head = call('ZRANGEBYSCORE', P .. set .. queues[i].name, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
      if head[2] and (not first or tonumber(head[2]) < first) then first = tonumber(head[2]) end
    end
  end
  return first and text(math.ceil(first)) or ''
end

local answers = settle_all()
local unheard = end_open(args.heard)
if unheard then take_unheard(unheard) end
local served, paused, orphans, more, nextAt = {}, {}, {}, false, ''
local opened = isNews
if claim_ then
  for _, name in ipairs(claim_.queues) do
    local queue = queue_of(name)
    if queue.paused then paused[#paused + 1] = name else served[#served + 1] = queue end
  end
  if #taken > 0 then isCut = true elseif not held_already() then take(served) end
  more = is_more(served)
  write_sets()
  nextAt = next_at(served)
  for i = 1, #served do
    if #orphans < 32 and has_room_in(served[i]) then
      for _, name in ipairs(call('ZRANGE', P .. 'orphaned:' .. served[i].name, 0, 31 - #orphans)) do
        orphans[#orphans + 1] = name
      end
    end
    write_fresh(served[i])
  end
  for token, ids in pairs(holds) do put_claim(token, args.worker, claim_.leaseMs, ids, now + claim_.leaseMs) end
  if claim_.keepsOpen and #taken == 0 and not more and args.from then open_claim(claim_.token, served) end
end
-- Whoever made it claimable mostly takes it at once; others need to hear only of what is left.
isNews = opened and (not claim_ or more)
local writes = write_all()
local reply = { text(now), answers, more and 1 or 0, nextAt, orphans, paused, writes }
for i = 1, #taken do
  local id = taken[i]
  local job = jobs[id]
  reply[#reply + 1] = id
  reply[#reply + 1] = job and job.packed or raws[id]
end
return reply
`;
