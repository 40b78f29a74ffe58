/**
 * Looking for jobs by a filter, newest first, at most so many records at a time.
 *
 * Jobs are filed by arrival in blocks of 128 sequence numbers; `blocks` has those that aren't empty.
 */

import { lua } from './lua.js';

export const find: string = lua`
local function fits(job, filter, letters)
  if letters and not string.find(letters, job.place, 1, true) then return false end
  if filter.createdBefore and job.created >= filter.createdBefore then return false end
  if filter.createdAfter and job.created <= filter.createdAfter then return false end
  local m = meta(job)
  if filter.queue and m.queue ~= filter.queue then return false end
  if filter.task and m.task ~= filter.task then return false end
  local rare = m.rare or {}
  if filter.scheduleId and rare.scheduleId ~= filter.scheduleId then return false end
  if filter.parentId and rare.parentId ~= filter.parentId then return false end
  for name, value in pairs(filter.labels or {}) do
    if not m.labels or m.labels[name] ~= value then return false end
  end
  if filter.key then
    for _, key in ipairs(keys(job) or {}) do
      if key == filter.key then return true end
    end
    return false
  end
  return true
end

-- Calls found(job) for each that fits. Answers the sequence number of the last one looked at, or nil after the last.
local function find(filter, letters, cursor, most, lookedAt, found)
  local looked, n, last = 0, 0, cursor
  local top = cursor and math.floor((cursor - 1) / BLOCK) or '+inf'
  while true do
    local blocks = call('ZREVRANGEBYSCORE', P .. 'blocks', top, '-inf', 'LIMIT', 0, 8)
    if #blocks == 0 then return nil end
    for _, block in ipairs(blocks) do
      local ids = call('LRANGE', P .. 'block:' .. block, 0, -1)
      load(ids)
      for i = #ids, 1, -1 do
        local job = job_of(ids[i])
        if job and (not last or job.seq < last) then
          if looked >= lookedAt or n >= most then return last end
          looked = looked + 1
          last = job.seq
          if fits(job, filter, letters) then
            n = n + 1
            found(job)
          end
        end
      end
    end
    top = '(' .. blocks[#blocks]
  end
end

-- The record as it is stored, with what stands in hashes of its own.
local function as_stored(job, packed, reply)
  reply[#reply + 1] = job.id
  reply[#reply + 1] = packed
  reply[#reply + 1] = band(job.sides, RESULT) ~= 0 and call('HGET', P .. 'results', job.id) or false
  reply[#reply + 1] = band(job.sides, ERRORS) ~= 0 and call('HGET', P .. 'errors', job.id) or false
  reply[#reply + 1] = band(job.sides, PROGRESS) ~= 0 and call('HGET', P .. 'progress', job.id) or false
end
`;
