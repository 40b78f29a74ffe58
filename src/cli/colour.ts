/** Whether a stream gets colours. */

import { painter } from './terminal.js';

export type Paint = ReturnType<typeof painter>;

type Environment = Readonly<Record<string, string | undefined>>;

/** `FORCE_COLOR` says yes (or, with `0` or `false`, no) whatever the stream is, and goes before `NO_COLOR`. */
export function hasColour({ isTTY }: { readonly isTTY?: boolean }, environment: Environment): boolean {
  const { FORCE_COLOR, NO_COLOR = '', TERM } = environment;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
}

export function painterFor(isColoured: boolean): Paint {
  return painter({ isTTY: isColoured }, {});
}
