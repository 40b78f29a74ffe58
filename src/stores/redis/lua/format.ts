/**
 * A job as a packed text: a head of fixed size, what only some have, and what its producer gave.
 *
 * ```
 *  head   place flags reason sides  rev attempt generation priority  seq  createdAt dueAt
 *  tail   claimedAt endedAt pruneAt token     once it was claimed or has ended; times are -1 for none
 *  parked the key or name that it is parked on
 *  rest   meta \n keys \n input               meta and keys are JSON, which holds no line break
 * ```
 *
 * `../packed.ts` is the other side of it. Sides say which of the hashes `results`, `errors` and `progress` have something.
 */
import { reasonCode } from '../packed.js';
import { lua } from './lua.js';

export const format: string = lua`
local HEAD, TAIL = '>c1BBBI4I4I4i4I6dd', '>dddB'
local SUSPECT, CANCEL, UNIQUE, TAILED, PARKED, INPUT = 1, 2, 4, 8, 16, 32
local RESULT, ERRORS, PROGRESS = 1, 2, 4
local ENQUEUED, CLAIMED = ${reasonCode('enqueued')}, ${reasonCode('claimed')}
local byte, char = string.byte, string.char
-- Numbers of jobs come in blocks, each of which is a list.
local BLOCK = 128

local band, sub, find, match = bit.band, string.sub, string.find, string.match
`;
