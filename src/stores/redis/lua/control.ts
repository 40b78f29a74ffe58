/**
 * Cancel, retry, suspend, resume, promote, delete.
 *
 * in    args: from, action, and either ids in ARGV or filter, letters, cursor, limit
 * out   the cursor or '', then for each: id, outcome, the letter that it had or ''
 */

import { lua } from './lua.js';

export const control: string = lua`
local reply = { '' }

local function answer(id, outcome, letter)
  reply[#reply + 1] = id
  reply[#reply + 1] = outcome
  reply[#reply + 1] = letter
end

local function ask_to_stop(job)
  if not job.cancel then
    job.cancel = true
    job.rev = job.rev + 1
    touch(job)
  end
  local stored = call('HGET', P .. 'cancels', job.token)
  local cancels = stored and cjson.decode(stored) or {}
  cancels[job.id] = 1
  call('HSET', P .. 'cancels', job.token, cjson.encode(cancels))
end

local function act(job)
  local letter = job.place
  if letter == 'R' and args.action == 'cancel' then
    ask_to_stop(job)
    answer(job.id, 'requested', letter)
  elseif letter ~= 'R' and args.action == 'delete' then
    whole.remove(job)
    answer(job.id, 'done', letter)
  elseif letter ~= 'R' and whole.control(args.action, job) then
    answer(job.id, 'done', letter)
  else
    answer(job.id, 'refused', letter)
  end
end

if args.filter then
  local found = {}
  local cursor = find(args.filter, args.letters, args.cursor, args.limit, args.limit, function(job)
    found[#found + 1] = job
  end)
  if cursor then reply[1] = text(cursor) end
  for i = 1, #found do act(found[i]) end
else
  local ids = {}
  for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
  load(ids)
  for i = 1, #ids do
    local job = job_of(ids[i])
    if job then act(job) else answer(ids[i], 'missing', '') end
  end
end
isNews = true
write_all()
return reply
`;
