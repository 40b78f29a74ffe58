/**
 * Events are written from now on, for a while.
 *
 * in    args: forMs
 * out   1 if they were written until now, writes, the id of the latest entry or 0-0
 */
import { lua } from './lua.js';

export const follow: string = lua`
local wasFollowed = now < tonumber(call('HGET', P .. 'state', 'followed until') or 0)
call('HSET', P .. 'state', 'followed until', text(now + args.forMs))
local latest = call('XREVRANGE', P .. 'events', '+', '-', 'COUNT', 1)[1]
return { wasFollowed and 1 or 0, tonumber(call('HGET', P .. 'state', 'writes') or 0), latest and latest[1] or '0-0' }
`;

/**
 * Ends of jobs are told from now on, for a while.
 *
 * in    args: forMs
 */
export const awaitEnds: string = lua`
call('HSET', P .. 'state', 'awaited until', text(now + args.forMs))
return 1
`;
