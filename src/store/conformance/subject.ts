/** What a store's own test file gives to the suite. */

import type { Store } from '../contract.js';

/** A fresh, empty store on a clock of its own. */
export interface Subject {
  readonly store: Store;
  /** Moves the store's clock; a negative length steps it back. */
  advance(ms: number): Promise<void> | void;
  /** The store's clock, epoch ms. */
  now(): number;
  /** Opens the same data once more, after `store` was closed. Absent where nothing outlives a close. */
  readonly reopen?: (() => Promise<Store>) | undefined;
  dispose(): Promise<void>;
}

export type StoreFactory = () => Promise<Subject>;
