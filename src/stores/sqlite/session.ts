/** What all verbs share: the database, the store's clock, and how a verb becomes a transaction. */

import type { Database } from './database.js';
import { KnownSettings } from './known.js';
import { Tx } from './tx.js';

export class Session {
  readonly db: Database;
  readonly settings: KnownSettings;
  readonly #clock: () => number;
  readonly #onOwnNews: (n: number) => void;

  /** @param onOwnNews hears the number of each piece of news of our own */
  constructor(db: Database, clock: () => number, onOwnNews: (n: number) => void) {
    this.db = db;
    this.settings = new KnownSettings(db);
    this.#clock = clock;
    this.#onOwnNews = onOwnNews;
  }

  /** Epoch ms, whole. */
  now(): number {
    return Math.floor(this.#clock());
  }

  /** All that `change` writes stands, or nothing does. The clock is read under the lock, so it never runs behind another's. */
  write<T>(change: (tx: Tx) => T): T {
    return this.db.transaction(() => {
      this.settings.refresh();
      const tx = new Tx(this.db, this.settings, this.now());
      const result = change(tx);
      const news = tx.flush();
      if (news !== null) this.#onOwnNews(news);
      return result;
    });
  }

  /** One snapshot; `look` must write nothing. */
  read<T>(look: (tx: Tx) => T): T {
    return this.db.snapshot(() => {
      this.settings.refresh();
      return look(new Tx(this.db, this.settings, this.now()));
    });
  }
}
