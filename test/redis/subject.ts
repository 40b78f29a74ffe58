/** A fresh namespace of a server for each case of the conformance suite; afterwards its books are looked over. */

import type { StoreFactory } from '../../src/store/conformance/index.js';
import type { Store } from '../../src/store/index.js';
import { audit } from './audit.js';
import type { RedisServer } from './servers/index.js';

export interface Place {
  readonly url: string;
  readonly namespace: string;
  readonly clock: () => number;
}

let made = 0;

/** @param prepare of each case: what makes its store, and makes it again where the case opens it anew */
export function subject(
  server: () => RedisServer,
  prepare: () => (place: Place) => Store,
  partitions: number = 1,
): StoreFactory {
  return async () => {
    made += 1;
    const { url } = server();
    const namespace = `case-${made}`;
    let now = 1_800_000_000_000;
    const make = prepare();
    const open = async (): Promise<Store> => {
      const store = make({ url, namespace, clock: () => now });
      await store.open();
      return store;
    };
    let store = await open();
    return {
      store,
      now: () => now,
      advance(ms) {
        now += ms;
      },
      reopen: async () => {
        store = await open();
        return store;
      },
      async dispose() {
        await store.close();
        for (let partition = 0; partition < partitions; partition++) await audit(url, namespace, partition);
        await server().cli('FLUSHALL');
      },
    };
  };
}
