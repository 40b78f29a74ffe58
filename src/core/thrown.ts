/** What was thrown, in words. Anything can be thrown: also what has no text, and what throws when it is asked for it. */
export function textOfThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    return 'something unreadable';
  }
}
