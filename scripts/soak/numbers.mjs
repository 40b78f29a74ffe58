/** What is known of each numbered job, a few bytes each, for as many jobs as there may be. */

const PAGE = 4_096;

/** @typedef {{ readonly starts: Uint8Array, readonly returns: Uint8Array, readonly flags: Uint8Array }} Page */

export const ACKNOWLEDGED = 1;
export const COMPLETED = 2;
export const FAILED = 4;
export const CANCELLED = 8;
/** Its end was seen in the store, and not told by a worker. */
export const SEEN_IN_STORE = 16;
export const CANCEL_ASKED = 32;
export const ENDED = COMPLETED | FAILED | CANCELLED;

export class Numbers {
  /** @type {Map<number, Page>} */
  #pages = new Map();

  /** @param {number} n */
  flags(n) {
    return this.#page(n).flags[n % PAGE] ?? 0;
  }

  /** @param {number} n @param {number} flags */
  set(n, flags) {
    this.#page(n).flags[n % PAGE] = flags;
  }

  /** @param {number} n @param {'starts' | 'returns'} what */
  count(n, what) {
    return this.#page(n)[what][n % PAGE] ?? 0;
  }

  /** @param {number} n @param {'starts' | 'returns'} what */
  add(n, what) {
    this.#page(n)[what][n % PAGE] = Math.min(255, this.count(n, what) + 1);
  }

  /** @param {number} n */
  #page(n) {
    const at = Math.floor(n / PAGE);
    let page = this.#pages.get(at);
    if (page === undefined) {
      page = { starts: new Uint8Array(PAGE), returns: new Uint8Array(PAGE), flags: new Uint8Array(PAGE) };
      this.#pages.set(at, page);
    }
    return page;
  }
}
