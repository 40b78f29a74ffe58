const shownCharacters = 60;

/** A value as an error message shows it: cut if long, and never by running the value's own code. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return quoteText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return cut(String(value));
}

function quoteText(text: string): string {
  if (text.length <= shownCharacters) return `'${text}'`;
  return `'${text.slice(0, shownCharacters)}…' (${text.length} characters)`;
}

/** Text that may be long, cut so that a message stays one line. */
export function cut(text: string, characters: number = 2 * shownCharacters): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}…`;
}
