/**
 * Whether a history has a legal order: one in which each operation happens at one moment between its call and its
 * answer, and answers what it answered (Herlihy and Wing, 1990). One that was never answered may have happened at any
 * time after its call, or not at all.
 */

export interface Operation<S> {
  /** For whoever reads a history that has none. */
  readonly what: string;
  readonly calledAt: number;
  /** Null: it is not known whether it happened. */
  readonly answeredAt: number | null;
  /** The state after it; null if it could not have answered so in this state. */
  apply(state: S): S | null;
}

/** @param keyOf equal for equal states */
export function isLinearizable<S>(history: readonly Operation<S>[], initial: S, keyOf: (state: S) => string): boolean {
  const seen = new Set<string>();

  const goOn = (left: readonly Operation<S>[], state: S): boolean => {
    if (left.every(({ answeredAt }) => answeredAt === null)) return true;
    const key = `${left.map((operation) => history.indexOf(operation)).join()}|${keyOf(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    // Whatever is next was called before the first answer of those that are left.
    const firstAnswer = Math.min(...left.map(({ answeredAt }) => answeredAt ?? Infinity));
    return left
      .filter(({ calledAt }) => calledAt <= firstAnswer)
      .some((operation) => {
        const next = operation.apply(state);
        return (
          next !== null &&
          goOn(
            left.filter((other) => other !== operation),
            next,
          )
        );
      });
  };
  return goOn(history, initial);
}
