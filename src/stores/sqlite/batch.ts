/** How many rows one statement takes: a few fixed sizes, so that each is prepared once. */

const SIZES: readonly number[] = [50, 8, 1];

/** One statement for each size. */
export function perSize(make: (rows: number) => string): (rows: number) => string {
  const made = new Map(SIZES.map((size) => [size, make(size)]));
  return (rows) => made.get(rows) as string;
}

/**
 * Sizes of statements that together take `rows` rows.
 *
 * `exact`: they add up to it. `padded`: the last may be larger, and is filled up with rows that match nothing.
 */
export function sizesFor(rows: number, fit: 'exact' | 'padded'): readonly number[] {
  const sizes: number[] = [];
  let left = rows;
  while (left > 0) {
    const size = SIZES.find((s) => s <= left) as number;
    // Three small statements cost more than one with empty rows.
    const padded = fit === 'padded' && left > 2 * size ? SIZES[SIZES.indexOf(size) - 1] : undefined;
    sizes.push(padded ?? size);
    left -= padded ?? size;
  }
  return sizes;
}
