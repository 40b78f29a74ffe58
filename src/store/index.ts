export type * from './capabilities.js';
export type * from './contract.js';
export { noCounts } from './counts.js';
export type * from './exchange.js';
export { partitionOfQueue } from './partitions.js';
