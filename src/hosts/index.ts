/** Where clocks, timers, chance and async context come from. */

export { asyncContext } from './context.js';
export { timers } from './timers.js';
