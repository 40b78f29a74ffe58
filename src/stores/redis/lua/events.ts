/** Who listens: to every transition, to the ends of jobs, or for what fills an open claim. Nobody costs nothing. */
import { lua } from './lua.js';

export const events: string = lua`
-- Somebody follows the events of this partition; somebody waits for the ends of jobs; some worker's claim is open.
local who = call('HMGET', P .. 'state', 'followed until', 'awaited until', 'open until')
local isFollowed, isAwaited, isOpen = now < tonumber(who[1] or 0), now < tonumber(who[2] or 0), now < tonumber(who[3] or 0)
local endedIds = {}
local events, eventMetas, eventMetaAt = {}, {}, {}

-- One transition: letter (U: it runs as it did), reason, rev, attempt, generation, which of the metas, id.
local function tell(head, id, letter, reason, rev, attempt, generation)
  if not eventMetaAt[head] then
    eventMetas[#eventMetas + 1] = head
    eventMetaAt[head] = #eventMetas
  end
  events[#events + 1] = letter .. ' ' .. reason .. ' ' .. rev .. ' ' .. attempt .. ' ' .. generation .. ' '
    .. eventMetaAt[head] .. ' ' .. id
end

local function write_events()
  if #events == 0 then return end
  call('XADD', P .. 'events', 'MAXLEN', '~', 512, '*', 'n', call('HINCRBY', P .. 'state', 'told', 1), 'at', text(now),
    'metas', table.concat(eventMetas, '\n'), 'events', table.concat(events, '\n'))
end
`;
