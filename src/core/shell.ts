/** Commands that a message tells people to copy. */

/** A name as one word of a POSIX shell: whatever is in it, the shell takes it as it is. */
export function shellWord(name: string): string {
  return /^[A-Za-z0-9_./:@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
