/**
 * Claims that found nothing and stay open in the store. What fills one comes by a hint, and is answered by each exchange
 * until one says that it was heard of: so a lost hint loses nothing, and none counts twice.
 */

interface OpenClaim {
  /** On the monotonic clock, before the call. The lease of what fills it counts from there. */
  readonly calledAt: number;
  isHeard: boolean;
}

export class OpenClaims {
  /** By token: of the last exchange, of the one under way, and those that must still be said to be heard of. */
  readonly #claims: Map<string, OpenClaim> = new Map();

  /** The store may still fill one. */
  get isAny(): boolean {
    for (const { isHeard } of this.#claims.values()) if (!isHeard) return true;
    return false;
  }

  /** Tokens whose jobs are here. */
  get heard(): readonly string[] {
    const heard: string[] = [];
    for (const [token, { isHeard }] of this.#claims) if (isHeard) heard.push(token);
    return heard;
  }

  /** An exchange goes out that may leave its claim open. */
  sent(token: string, calledAt: number): void {
    this.#claims.set(token, { calledAt, isHeard: false });
  }

  /**
   * It was filled, by jobs under a token that is made of its own. When its call was made; null where its jobs are here
   * already, or nobody waits for them any more.
   */
  fill(token: string, filled: string): number | null {
    const claim = this.#claims.get(token);
    if (claim === undefined || claim.isHeard) return null;
    this.#claims.delete(token);
    this.#claims.set(filled, { ...claim, isHeard: true });
    return claim.calledAt;
  }

  /**
   * An exchange was answered, so all claims before its own are at an end.
   *
   * @param told what it said to be heard of
   * @param own the token of its claim, if that may stay open; else null
   * @param answered tokens of the jobs that it brought
   * @param isLast no other call is under way: none may still answer what this one said to be heard of
   * @returns those of them that are here already
   */
  answered(
    told: readonly string[],
    own: string | null,
    answered: ReadonlySet<string>,
    isLast: boolean,
  ): ReadonlySet<string> {
    const known = new Set([...answered].filter((token) => this.#claims.get(token)?.isHeard === true));
    for (const [token, { isHeard }] of this.#claims) {
      if (isHeard ? isLast && told.includes(token) : token !== own) this.#claims.delete(token);
    }
    for (const token of answered) if (!known.has(token)) this.#claims.set(token, { calledAt: 0, isHeard: true });
    return known;
  }

  /** The store can't be reached to end them: it doesn't tell us of what fills them either. */
  giveUp(): void {
    this.#claims.clear();
  }
}
