/** After a group's limits changed, or the clock stepped back, lines may open or close; they are brought in step in bounded pieces. */

import { constraintKey } from '../../core/constraint.js';
import { KEYS_WAITED_FOR } from './sql/keys.js';
import { DELETE_RECHECK, NEXT_RECHECK, WRITE_RECHECK } from './sql/settings.js';
import type { Tx } from './tx.js';

/** @returns lines are left to be looked at */
export function recheckLines(tx: Tx, limit: number): boolean {
  let left = limit;
  for (;;) {
    const next = tx.db.get<{ name: string; after_key: string }>(NEXT_RECHECK);
    if (next === undefined) return false;
    if (left <= 0) return true;
    const first = startOfGroup(next.name);
    // The key with the empty value is the first of its group, and not after itself.
    if (next.after_key === '') tx.turnstile.refresh(first);
    const keys = tx.db.all<{ key: string }>(KEYS_WAITED_FOR, [next.after_key || first, endOfGroup(next.name), left]);
    for (const { key } of keys) tx.turnstile.refresh(key);
    const last = keys.at(-1);
    if (keys.length < left || last === undefined) tx.db.run(DELETE_RECHECK, [next.name]);
    else tx.db.run(WRITE_RECHECK, [next.name, last.key]);
    left -= keys.length;
  }
}

/** The stored keys of a group stand together: all begin with its name and a slash. */
function startOfGroup(name: string): string {
  return constraintKey(name, '');
}

function endOfGroup(name: string): string {
  // '0' is the character after '/'.
  return `${startOfGroup(name).slice(0, -1)}0`;
}
