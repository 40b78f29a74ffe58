/** What must hold was broken. */
export class InvariantError extends Error {
  /** Its number in the list of invariants. */
  readonly invariant: number;

  constructor(invariant: number, message: string) {
    super(`Invariant ${invariant}: ${message}`);
    this.name = 'InvariantError';
    this.invariant = invariant;
  }
}
