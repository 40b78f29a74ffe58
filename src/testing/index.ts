/** What users test their tasks with. */

export { VirtualTime, type VirtualTimeOptions } from './virtual-time.js';
