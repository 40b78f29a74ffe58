/** After a loss of writes. */

import { lua } from './lua.js';

/**
 * Somebody has seen a higher number than we have: all who work here shall notice. Once for each loss.
 *
 * in    args: seen, jump
 * out   writes
 */
export const recover: string = lua`
local writes = tonumber(call('HGET', P .. 'state', 'writes') or 0)
if writes >= args.seen then return text(writes) end
local raised = args.seen + args.jump
call('HSET', P .. 'state', 'writes', text(raised), 'lost', text(now) .. ' ' .. text(args.seen - writes))
return text(raised)
`;

/**
 * out   the server's clock; when the latest loss was noticed and how much it was, or ''; how many calls have written; how
 *       many records could not be read
 */
export const look: string = lua`
return { text(now), call('HGET', P .. 'state', 'lost') or '', call('HGET', P .. 'state', 'writes') or '0',
  text(call('HLEN', P .. 'damaged')) }
`;
