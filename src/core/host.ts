/**
 * What we need of the world: a clock, a timer, chance. Nothing else in `core`, `task` or `engine`
 * reads any of these, so a simulated host runs the very same code.
 */
export interface Host {
  /** Wall clock, epoch ms: for people to read; never to judge a lease. */
  now(): number;
  /** A clock that never steps back, ms. */
  monotonic(): number;
  /** A random whole number from 0 to 2³² − 1, good enough for tokens that must never repeat. */
  random32(): number;
  /** Calls back once after `ms` (0 … 2³¹ − 1). Returns what cancels it. */
  timer(ms: number, callback: () => void): () => void;
  /** Calls back soon, after input and output had their turn. */
  soon(callback: () => void): void;
  /** Undefined where the platform has none: then nobody knows from within which run a call comes. */
  readonly context?: AsyncContext | undefined;
}

/** Carries a value along with all that a call starts, however long it takes. */
export interface AsyncContext {
  /** The value of the nearest `run` around; undefined outside of any. */
  get(): unknown;
  /** Calls `call` with the value around it, and around all that it starts. */
  run<A>(value: unknown, call: (arg: A) => void, arg: A): void;
  /** Calls it where nobody carries anything. */
  runAtRoot<A>(call: (arg: A) => void, arg: A): void;
  /** True if surely nobody carries anything here: then it doesn't matter from where a call is made. */
  isEmpty(): boolean;
}

/** The longest that one timer can wait; platforms overflow beyond. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** A timer of any length: one that is longer than a timer reaches is waited for in stretches. */
export function longTimer(host: Host, ms: number, callback: () => void): () => void {
  if (ms <= LONGEST_TIMER_MS) return host.timer(Math.max(0, ms), callback);
  let cancel = host.timer(LONGEST_TIMER_MS, () => {
    cancel = longTimer(host, ms - LONGEST_TIMER_MS, callback);
  });
  return () => cancel();
}
