import { openStore } from '#drivers';
import { OptionError } from '../core/errors.js';
import type { Store } from '../store/index.js';

/** What a `store` option stands for; not opened yet. @throws OptionError */
export function storeOf(store: string | Store | undefined): Store {
  if (store === undefined) return openStore('memory:');
  if (typeof store === 'string') return openStore(store);
  if (typeof store === 'object' && store !== null && typeof store.exchange === 'function') return store;
  throw new OptionError(
    `store is ${String(store)}; give a URL such as 'sqlite:./tasks.db', or a store from a factory.`,
  );
}
