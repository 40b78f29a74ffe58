/** Settings of queues and groups, and terms of leaders. */

import { lua } from './lua.js';

/**
 * in    args: from, queues[] of name, definitionVersion, hasPaused, paused, hasConcurrency, concurrency;
 *       groups[] of name (as in a key), definitionVersion, limits
 * out   1 (applied) or 0 (stale) for each
 */
export const configure: string = lua`
local answers = {}

local function is_same(a, b)
  return a.most == b.most and a.cooldown == b.cooldown and a.rate == b.rate and a.per == b.per
end

for _, given_ in ipairs(args.queues) do
  local stored = call('HGET', P .. 'queues', given_.name)
  local queue = stored and cjson.decode(stored) or { definitionVersion = 0 }
  if given_.definitionVersion < queue.definitionVersion then
    answers[#answers + 1] = 0
  else
    queue.definitionVersion = given_.definitionVersion
    if given_.hasPaused then queue.paused = given_.paused end
    if given_.hasConcurrency then queue.concurrency = given_.concurrency end
    call('HSET', P .. 'queues', given_.name, cjson.encode(queue))
    answers[#answers + 1] = 1
  end
end
for _, group in ipairs(args.groups) do
  local stored = call('HGET', P .. 'groups', group.name)
  local earlier = stored and cjson.decode(stored)
  if earlier and group.definitionVersion < earlier.definitionVersion then
    answers[#answers + 1] = 0
  elseif earlier and is_same(earlier, group) then
    -- As each process says when it starts: no line has to be looked at.
    call('HSET', P .. 'groups', group.name, cjson.encode(group))
    answers[#answers + 1] = 1
  else
    call('HSET', P .. 'groups', group.name, cjson.encode(group))
    keyed.forget_limits(group.name)
    -- Lines whose key changed its limits open or close.
    local cursor = '0'
    repeat
      local page = call('HSCAN', P .. 'lines', cursor, 'MATCH', group.pattern, 'COUNT', 1000)
      cursor = page[1]
      for i = 1, #page[2], 2 do
        whole.refresh_all(keyed.key_of(page[2][i]))
      end
    until cursor == '0'
    answers[#answers + 1] = 1
  end
end
isNews = true
write_all()
return answers
`;

/**
 * in    args: worker, leaseMs
 * out   the term, or 0 if another leads
 */
export const campaign: string = lua`
local stored = call('HGET', P .. 'state', 'leader')
local leader = stored and cjson.decode(stored)
local isHeld = false
if leader then
  -- A clock that stepped back would leave the lease reaching further ahead than its length.
  if leader.takenAt > now then leader.takenAt = now end
  isHeld = leader.takenAt + leader.leaseMs > now
  if isHeld and leader.worker ~= args.worker then
    call('HSET', P .. 'state', 'leader', cjson.encode(leader))
    return 0
  end
end
local term = tonumber(call('HGET', P .. 'state', 'term') or 0)
-- A higher one than its own: somebody did chores under a term that this server had lost, and it is theirs.
if not isHeld or leader.term ~= text(term) then
  -- Not just one more: a server that lost its newest writes must not give a term twice.
  term = math.max(term + 1, now)
  call('HSET', P .. 'state', 'term', text(term))
end
call('HSET', P .. 'state', 'leader', cjson.encode({
  worker = args.worker, term = text(term), takenAt = now, leaseMs = args.leaseMs,
}))
return text(term)
`;

/** in    args: worker, term */
export const resign: string = lua`
local stored = call('HGET', P .. 'state', 'leader')
if stored and cjson.decode(stored).worker == args.worker and tonumber(call('HGET', P .. 'state', 'term')) == args.term then
  call('HDEL', P .. 'state', 'leader')
  call('PUBLISH', P .. 'news', 'resigned')
end
return 1
`;
