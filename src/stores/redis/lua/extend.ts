/**
 * The heartbeat.
 *
 * in    args: worker (its presence as JSON), id, leaseMs, leaving, queues[], tokens[]
 * out   now, tokens that hold nothing, ids that are to stop, paused queues, writes
 */

import { lua } from './lua.js';

export const extend: string = lua`
if args.leaving then
  call('HDEL', P .. 'workers', args.id)
  call('HDEL', P .. 'state', 'open ' .. args.id)
  for _, name in ipairs(args.queues) do call('ZREM', P .. 'idle:' .. name, args.id) end
else
  call('HSET', P .. 'workers', args.id, text(now) .. ' ' .. text(args.leaseMs) .. ' ' .. args.worker)
end
local lost, cancel, paused = {}, {}, {}
for _, token in ipairs(args.tokens) do
  local stored = call('HGET', P .. 'claims', token)
  if not stored then
    lost[#lost + 1] = token
  else
    local space = string.find(stored, ' ', 1, true)
    if tonumber(string.sub(stored, 1, space - 1)) ~= args.leaseMs then
      call('HSET', P .. 'claims', token, text(args.leaseMs) .. string.sub(stored, space))
    end
    call('ZADD', P .. 'leases', now + args.leaseMs, token)
    local asked = call('HGET', P .. 'cancels', token)
    for id in pairs(asked and cjson.decode(asked) or {}) do cancel[#cancel + 1] = id end
  end
end
for _, name in ipairs(args.queues) do
  local stored = call('HGET', P .. 'queues', name)
  if stored and cjson.decode(stored).paused then paused[#paused + 1] = name end
end
return { text(now), lost, cancel, paused, call('HINCRBY', P .. 'state', 'writes', 1) }
`;
