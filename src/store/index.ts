export type * from './capabilities.js';
export type * from './contract.js';
