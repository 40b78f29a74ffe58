/**
 * The deepest nesting of arrays, objects, maps, sets and causes that a value may have.
 *
 * Whoever reads a value walks it, mostly by recursion; 500 levels fit every stack, and no honest payload comes near.
 */
export const MAX_DEPTH = 500;

/**
 * Would JSON bring this value back as it is? The hot path: one walk that remembers nothing.
 *
 * It gives up (`false`) below `MAX_DEPTH` and after `maxNodes` values, so a cycle or a small value that unfolds into a
 * huge tree costs little. Strings are not looked at: what's wrong with them shows in the text.
 */
export function isPlainJson(value: unknown, maxNodes: number): boolean {
  return spend(value, 0, maxNodes) >= 0;
}

/** What is left of the budget after this value; below 0 if it is spent, or the value is not plain JSON. */
function spend(value: unknown, depth: number, budget: number): number {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return budget - 1;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? budget - 1 : -1;
  if (typeof value !== 'object' || depth === MAX_DEPTH) return -1;
  const prototype: unknown = Object.getPrototypeOf(value);
  let left = budget - 1;
  if (Array.isArray(value)) {
    if (prototype !== Array.prototype) return -1;
    for (let i = 0; i < value.length && left >= 0; i += 1) left = spend(value[i], depth + 1, left);
    return left;
  }
  if (prototype !== Object.prototype && prototype !== null) return -1;
  // `for…in` allocates no list of keys. What it sees beyond Object.keys (somebody's addition to Object.prototype) can
  // only send a value down the slow path.
  for (const key in value) {
    left = spend((value as Record<string, unknown>)[key], depth + 1, left);
    if (left < 0) return -1;
  }
  return left;
}
