/** Longer ones are cut. */
const LONGEST = 200;
const DEEPEST = 5;

/** A value for people, on one line. */
export function shownValue(value: unknown): string {
  const text = written(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function written(value: unknown, depth = 0): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null && depth === DEEPEST) return '…';
  const inner = (own: unknown): string => written(own, depth + 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name} ${inner([...value])}`;
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof RegExp)
    return String(value);
  const fields = Object.entries(value).map(([name, own]) => `${name}: ${inner(own)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
