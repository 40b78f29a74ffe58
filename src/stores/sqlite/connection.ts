/** One connection to the file: opened once, closed once, and tried again while another process has the lock. */

import { ClosedError, StoreError } from '../../core/errors.js';
import { isBusy, storeError } from './failure.js';
import { type OpenOptions, openDatabase } from './open.js';
import { Session } from './session.js';
import { NEWS } from './sql/settings.js';

/** After this long without the lock, a call fails. */
const GIVE_UP_MS = 30_000;
const LONGEST_PAUSE_MS = 50;

export class Connection {
  readonly #options: OpenOptions;
  readonly #onOwnNews: (n: number) => void;
  readonly #clock: () => number;
  #session: Session | null = null;
  #opening: Promise<void> | null = null;
  #isClosed = false;
  #sqliteVersion: string | null = null;

  /** @param onOwnNews hears the number of each piece of news that this process made */
  constructor(options: OpenOptions, clock: () => number, onOwnNews: (n: number) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#onOwnNews = onOwnNews;
  }

  get sqliteVersion(): string | null {
    return this.#sqliteVersion;
  }

  get driverName(): string | null {
    return this.#session?.db.driver.name ?? null;
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  close(): void {
    this.#isClosed = true;
    const db = this.#session?.db;
    this.#session = null;
    db?.close(this.#options.database === undefined);
  }

  /** Runs what is all or nothing. */
  attempt<T>(run: (session: Session) => T): Promise<T> {
    return whileBusy(this.#options.path, () => run(this.#held()));
  }

  /** SQLite's: changes when another connection has committed. Null when it can't be asked just now. */
  dataVersion(): number | null {
    try {
      return (this.#session?.db.pragma('data_version') as number | undefined) ?? null;
    } catch {
      return null;
    }
  }

  /** Raised by what others may want to act on. Null when it can't be asked just now. */
  news(): number | null {
    try {
      return this.#session?.db.get<{ n: number }>(NEWS, [])?.n ?? null;
    } catch {
      return null;
    }
  }

  async #open(): Promise<void> {
    if (this.#isClosed) throw new ClosedError('open the store');
    const db = await whileBusy(this.#options.path, () => openDatabase(this.#options));
    this.#sqliteVersion = db.get<{ version: string }>('SELECT sqlite_version() AS version')?.version ?? null;
    this.#session = new Session(db, this.#clock, this.#onOwnNews);
    // Closed while it was being opened.
    if (this.#isClosed) this.close();
  }

  #held(): Session {
    if (this.#isClosed) throw new ClosedError('use the store');
    if (this.#session !== null) return this.#session;
    throw new StoreError('STORE_FAILED', `The SQLite store '${this.#options.path}' is not open. Await open() first.`);
  }
}

/** Between the tries, the process does other things. */
async function whileBusy<T>(path: string, run: () => T | Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw storeError(error, path);
    }
    await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 4 * tries));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
