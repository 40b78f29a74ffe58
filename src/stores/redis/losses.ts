/**
 * Writes that the server had acknowledged and has lost: by a restart without its newest writes, or by a failover to a
 * replica that lagged.
 *
 * Each call that writes raises a number, and its reply has it. A lower one than was seen before is a loss. Whoever
 * notices it raises the number by so much that everybody else sees a jump that work alone never makes: so each process
 * reports it once, also where the number has caught up meanwhile.
 */

import { StoreError } from '../../core/errors.js';
import { type Reply, textOf } from './client.js';
import type { Script } from './script.js';

/** A thousand calls a second would take 34 years; there is room for 8,000 of them. */
export const JUMP: number = 2 ** 40;
/** Whoever raised the number may have seen less of it than we. */
const LEAST_JUMP = JUMP / 2;

export class Losses {
  readonly #listeners: Set<(loss: StoreError) => void> = new Set();
  readonly #location: string;
  /** Tells the server up to where we saw it, and answers where it stands now. */
  readonly #recover: (seen: number) => Promise<number>;
  /** The highest that was seen; null before the first. */
  #seen: number | null = null;
  #isRecovering = false;

  constructor(location: string, recover: (seen: number) => Promise<number>) {
    this.#location = location;
    this.#recover = recover;
  }

  subscribe(listener: (loss: StoreError) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Must hear of replies in the order in which they came. */
  heard(script: Script, reply: Reply): void {
    if (script.writesAt === null || !Array.isArray(reply)) return;
    const writes = Number(textOf(reply[script.writesAt] as Reply));
    const seen = this.#seen;
    if (Number.isNaN(writes) || this.#isRecovering) return;
    if (seen === null || writes >= seen) this.#seen = writes;
    if (seen === null) return;
    if (writes < seen) void this.#lost(seen, seen - writes + 1);
    else if (writes - seen >= LEAST_JUMP) this.#report('another process noticed it');
  }

  async #lost(seen: number, atLeast: number): Promise<void> {
    this.#isRecovering = true;
    this.#report(`at least the last ${atLeast} calls that were seen here`);
    try {
      this.#seen = await this.#recover(seen);
    } catch {
      // Away again: what it has then is compared with what was seen, or with what others make of it.
      this.#seen = null;
    }
    this.#isRecovering = false;
  }

  #report(what: string): void {
    const loss = new StoreError(
      'WRITES_LOST',
      `${this.#location} has lost writes that it had acknowledged (${what}): it was restarted without them, failed over to a replica that lacked them, or was emptied. Jobs that were enqueued just before may be gone, and such that had ended may run again. To lose none at a restart, set appendfsync always.`,
    );
    for (const listener of this.#listeners) listener(loss);
  }
}
