/**
 * Settle, promote, claim: the hot path, atomic.
 *
 * in    args: worker, from, kinds[], tokens[], settles[] of (kind, token, ended ago ms, result, error) each, with 0 for
 *       no text; claim{token, suspect, queues[], slots, prefetch, leaseMs, adopt[]}
 *       ARGV: an id for each settle, then the texts of results and errors
 * out   now, a letter for each settle (o k, r epeated, l ost), 1 if there is more, the next instant or '', names of
 *       orphans, paused queues, writes, then id and record of each claimed job
 */

import { lua } from './lua.js';

export const exchange: string = lua`
local SETTLE = 5
local isOpened = false

local function text_at(from, number)
  if number > 0 then return ARGV[from + number] end
end

local function settle_whole(job, token, kind, ended, result, error)
  if not job or job.token ~= token then return 'l' end
  if job.place ~= 'R' then return 'r' end
  if keys(job) then whole.stop(job, kind.isRunsEnd and ended or nil) end
  whole.settle(job, kind, ended, result, error)
  unhold(token)
  return 'o'
end

local function settle_all()
  local list, answers, ids, done, rest = args.settles, {}, {}, {}, {}
  local n = #list / SETTLE
  for i = 1, n do ids[i] = ARGV[i + 1] end
  load(ids)
  for i = 1, n do
    local at = (i - 1) * SETTLE
    local token, kind = args.tokens[list[at + 2]], args.kinds[list[at + 1]]
    local queue = complete_plain(ids[i], token, kind, now - list[at + 3], text_at(n + 1, list[at + 4]))
    if queue then
      unhold(token)
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
  if #rest == 0 then return table.concat(answers) end
  local others = {}
  for _, i in ipairs(rest) do others[#others + 1] = ids[i] end
  whole.load_keys(others)
  for _, i in ipairs(rest) do
    local at = (i - 1) * SETTLE
    answers[i] = settle_whole(job_of(ids[i]), args.tokens[list[at + 2]], args.kinds[list[at + 1]], now - list[at + 3],
      text_at(n + 1, list[at + 4]), text_at(n + 1, list[at + 5]))
  end
  return table.concat(answers)
end

local claim_ = args.claim
local taken, isCut, budget = {}, false, 0
local holds = {}

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
  if keys(job) then whole.start(job) end
  note(job.id, token)
end

-- When the first of the set is due, or nil.
local function first_of(set)
  local head = call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
  return head and tonumber(head)
end

local function promote_delayed(key)
  local due = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, budget)
  if #due == budget then isCut = true end
  load(due)
  whole.load_keys(due)
  for i = 1, #due do
    local job = job_of(due[i])
    if job then whole.move(job) else edit(key, due[i], false) end
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
  if not keys(job) or not whole.blocked_on(job) then return true end
  whole.move(job)
  return false
end

-- The id of the next job in the order of claim, over all queues; nil if there is none.
local function best(queues, l, wanted)
  local first
  for i = 1, #queues do
    local queue = queues[i]
    if has_room_in(queue) then
      local top = top_of(l .. queue.name)
      if top and is_before(top.score, top.name, first) then first = { score = top.score, name = top.name, id = top.id } end
      local fresh = l == '0' and fresh_of(queue, wanted)
      if fresh then
        if not top and #queues == 1 then return fresh end
        local job = job_of(fresh)
        local score, name = -job.priority, member(job)
        if is_before(score, name, first) then first = { score = score, name = name, id = fresh } end
      end
    end
  end
  return first and first.id
end

local function take_suspect(queues)
  if not claim_.suspect or claim_.slots == 0 then return end
  while budget > 0 do
    local id = best(queues, '1', 1)
    if not id then return end
    local job = job_of(id)
    budget = budget - 1
    if admits(job) then return hold(job, claim_.suspect) end
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

-- The one queue, with nothing before its fresh jobs: none has to be compared with another.
local function take_fresh(queue, wanted)
  local n, token = 0, claim_.token
  while #taken < wanted do
    local id = fresh_of(queue, wanted)
    if not id or not claim_plain(id, token) then break end
    n = n + 1
    queue.at = queue.at + 1
    note(id, token)
  end
  if n > 0 then
    tally('L', queue.name, -n)
    tally('R', queue.name, n)
  end
end

local function take(queues)
  budget = math.max(256, 4 * (claim_.slots + claim_.prefetch))
  for i = 1, #queues do promote(queues[i]) end
  take_suspect(queues)
  take_orphans(queues)
  local wanted = claim_.slots + claim_.prefetch
  local least = math.max(wanted, 1)
  if #queues == 1 and not queues[1].limit and not top_of('0' .. queues[1].name) then take_fresh(queues[1], wanted) end
  while #taken < wanted do
    local id = best(queues, '0', least)
    if not id then break end
    local isFull = #taken >= claim_.slots
    local plainQueue = not isFull and jobs[id] == nil and claim_plain(id, claim_.token)
    if plainQueue then
      tally('L', plainQueue, -1)
      tally('R', plainQueue, 1)
      note(id, claim_.token)
    else
      local job = job_of(id)
      -- Prefetch ends here: taking what stands behind, again and again, would starve this one.
      if isFull and (keys(job) or queue_of(meta(job).queue).limit) then break end
      if keys(job) then
        budget = budget - 1
        if budget < 0 then
          isCut = true
          break
        end
      end
      if admits(job) then hold(job, claim_.token) end
    end
  end
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
    if has_room_in(queue) then
      if top_of('0' .. queue.name) or counted('L', queue.name) > 0 then return true end
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
    for _, set in ipairs({ 'delayed:', 'cooling:0', 'cooling:1' }) do
      local head = call('ZRANGE', P .. set .. queues[i].name, 0, 0, 'WITHSCORES')
      if head[2] and (not first or tonumber(head[2]) < first) then first = tonumber(head[2]) end
    end
  end
  return first and text(math.ceil(first)) or ''
end

local answers = settle_all()
local served, paused, orphans, more, nextAt = {}, {}, {}, false, ''
local opened = isNews
if claim_ then
  for _, name in ipairs(claim_.queues) do
    local queue = queue_of(name)
    if queue.paused then paused[#paused + 1] = name else served[#served + 1] = queue end
  end
  if not held_already() then take(served) end
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
  for token, ids in pairs(holds) do put_claim(token, args.worker, claim_.leaseMs, ids) end
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
