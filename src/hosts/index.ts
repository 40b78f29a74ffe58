/** Where clocks, timers, chance and async context come from. */

export { timers } from './timers.js';
