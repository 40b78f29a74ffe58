/** Rows in columns that fit a terminal. */

import { clippedTo, padded, textWidth } from '../live/text.js';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => string;
  /** Colours a cell that is padded already. */
  readonly paint?: (text: string, row: T) => string;
  /** May be cut down to so many cells; while others can still give, to twice as many. The last column gives first. */
  readonly min?: number;
}

const GAP = '  ';

/** @param width of the terminal; Infinity: nothing is cut */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], width: number): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const wanted = columns.map(({ title }, i) =>
    Math.max(textWidth(title), ...cells.map((row) => textWidth(row[i] as string))),
  );
  const widths = shrunk(wanted, columns, width);
  const line = (texts: readonly string[], paint: (text: string, i: number) => string): string =>
    texts
      .map((text, i) => {
        const shown = clippedTo(text, widths[i] as number);
        const isLast = i === texts.length - 1;
        return paint(isLast ? shown : padded(shown, widths[i] as number), i);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      (text) => text,
    ),
    ...cells.map((row, r) => line(row, (text, i) => columns[i]?.paint?.(text, rows[r] as T) ?? text)),
  ];
}

function shrunk<T>(wanted: readonly number[], columns: readonly Column<T>[], width: number): readonly number[] {
  const widths = [...wanted];
  let over = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1) - width;
  for (const factor of [2, 1]) {
    for (let i = columns.length - 1; i >= 0 && over > 0; i--) {
      const min = columns[i]?.min;
      if (min === undefined) continue;
      const given = Math.min(over, Math.max(0, (widths[i] as number) - factor * min));
      widths[i] = (widths[i] as number) - given;
      over -= given;
    }
  }
  return widths;
}
