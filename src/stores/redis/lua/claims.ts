/**
 * Claims: a token over a batch of jobs, until a time.
 *
 * `leases` has the tokens by when they end. By token: `claims` has its length, worker and ids, `held` how many of them are
 * not settled yet, `cancels` the ids of those that are asked to stop.
 */

import { lua } from './lua.js';

export const putClaim: string = lua`
local function put_claim(token, worker, leaseMs, ids, till)
  call('HSET', P .. 'claims', token, text(leaseMs) .. ' ' .. worker .. '\n' .. table.concat(ids, '\n'))
  call('HSET', P .. 'held', token, #ids)
  call('ZADD', P .. 'leases', till, token)
end
`;

export const claims: string = lua`
-- How many jobs left a claim in this call, by token.
local left = {}

local function unhold(token)
  left[token] = (left[token] or 0) + 1
end

local function drop_claim(token)
  call('HDEL', P .. 'claims', token)
  call('HDEL', P .. 'held', token)
  call('HDEL', P .. 'cancels', token)
  call('ZREM', P .. 'leases', token)
end

-- Its lease's length, its worker, and all that it took; nil if there is none.
local function claim_of(token)
  local stored = call('HGET', P .. 'claims', token)
  if not stored then return nil end
  local space, line = string.find(stored, ' ', 1, true), string.find(stored, '\n', 1, true)
  local ids = {}
  for id in string.gmatch(string.sub(stored, line + 1), '[^\n]+') do ids[#ids + 1] = id end
  return { leaseMs = tonumber(string.sub(stored, 1, space - 1)), worker = string.sub(stored, space + 1, line - 1), ids = ids }
end

-- Those that it still holds, in the order in which it took them.
local function held_by(token, found)
  load(found.ids)
  local list = {}
  for i = 1, #found.ids do
    local job = job_of(found.ids[i])
    if job and job.place == 'R' and job.token == token then list[#list + 1] = job end
  end
  return list
end

local function write_claims()
  for token, n in pairs(left) do
    if call('HINCRBY', P .. 'held', token, -n) <= 0 then
      drop_claim(token)
    else
      local stored = call('HGET', P .. 'cancels', token)
      local cancels = stored and cjson.decode(stored) or {}
      for id in pairs(cancels) do
        local job = job_of(id)
        if not job or job.place ~= 'R' or job.token ~= token then cancels[id] = nil end
      end
      if next(cancels) then call('HSET', P .. 'cancels', token, cjson.encode(cancels))
      elseif stored then call('HDEL', P .. 'cancels', token) end
    end
  end
end

-- What was put off to the end of the call. A number that only grows: whoever has seen a higher one knows that the
-- server has lost writes.
local function write_all()
  local write_keys = rawget(keyed, 'write_keys')
  if write_keys then write_keys() end
  write_places()
  write_sets()
  spread('HSET', P .. 'jobs', plainValues)
  write_jobs()
  write_claims()
  write_events()
  local writes = call('HINCRBY', P .. 'state', 'writes', 1)
  if isNews and args.from then call('PUBLISH', P .. 'news', args.from) end
  if #endedIds > 0 then call('PUBLISH', P .. 'ends', table.concat(endedIds, '\n')) end
  return writes
end
`;
