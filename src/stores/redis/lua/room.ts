/** What must be taken though memory is full, since it frees some or keeps what runs safe. */

import { lua } from './lua.js';

/** Goes first. A full server refuses only what could grow, and only of a script that has not written yet; this writes, and changes nothing. */
export const evenIfFull: string = lua`
call('HDEL', P .. 'state', '')
`;
