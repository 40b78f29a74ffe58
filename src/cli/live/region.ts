/**
 * The last lines of a terminal, drawn over and over, below text that scrolls.
 *
 * The cursor stays visible, at the start of the line below the region. So there is nothing to restore: whatever ends
 * the process, `kill -9` included, leaves a terminal on which a shell can go on.
 */

import { clippedTo, oneLine, textWidth } from './text.js';

/** A terminal's stream. */
export interface Screen {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** Who writes a line that isn't whole yet: each has its own. */
export type Source = 'out' | 'err' | 'child-out' | 'child-err';

const up = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`);
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
/** Terminals that know it show the whole change at once, others ignore it. */
const [BEGIN, END] = ['\u001b[?2026h', '\u001b[?2026l'];

/** Nobody waits for the end of a longer line. */
const LONGEST_PART = 16_384;

export class Region {
  readonly #screen: Screen;
  #lines: readonly string[] = [];
  /** As they stand on the screen. */
  #drawn: readonly string[] = [];
  /** While there is no region: the line that the cursor stands in, and who wrote it. */
  #open: { readonly text: string; readonly source: Source } | null = null;
  readonly #parts: Map<Source, string> = new Map();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get isDrawn(): boolean {
    return this.#drawn.length > 0;
  }

  /** Shows these lines, none wider than the terminal. Writes nothing if they are there already. */
  draw(lines: readonly string[]): void {
    if (lines.length === 0) return this.close();
    this.#lines = lines;
    const begin = this.#open === null ? '' : this.#takeUp(this.#open);
    const wanted = this.#wanted();
    if (wanted.length === this.#drawn.length && wanted.every((line, i) => line === this.#drawn[i])) return;
    const text = wanted.map((line) => `${line}${ERASE_LINE_END}\n`).join('');
    this.#screen.write(`${BEGIN}${begin}${this.#toTop()}${text}${ERASE_BELOW}${END}`);
    this.#drawn = wanted;
  }

  /**
   * Writes what scrolls. The region is gone then, until it is drawn again. A line that isn't whole yet is shown in the
   * region, as far as it fits, and written when it is whole.
   */
  print(text: string, source: Source): void {
    if (this.#lines.length === 0) return this.#writeAsIs(text, source);
    const whole = this.#wholeLines(text, source);
    if (whole !== '') this.#screen.write(`${this.#erased()}${whole}`);
  }

  /** Takes the region away, and writes what is left of lines that were never ended. */
  close(): void {
    const parts = [...this.#parts];
    this.#parts.clear();
    this.#lines = [];
    const erased = this.#erased();
    if (erased !== '') this.#screen.write(erased);
    for (const [source, text] of parts) this.#writeAsIs(text, source);
  }

  /** Others wrote on the screen meanwhile, as a shell does: nothing of what was drawn can be found again. */
  forget(): void {
    this.#drawn = [];
  }

  #writeAsIs(text: string, source: Source): void {
    this.#screen.write(text);
    const all = (this.#open?.text ?? '') + text;
    const line = all.slice(all.lastIndexOf('\n') + 1);
    this.#open = line === '' ? null : { text: line.slice(-LONGEST_PART), source };
  }

  /** The line that the cursor stands in becomes one that isn't whole yet. @returns what removes it from the screen */
  #takeUp({ text, source }: { readonly text: string; readonly source: Source }): string {
    this.#open = null;
    this.#parts.set(source, text);
    const rows = Math.max(1, Math.ceil(textWidth(oneLine(text)) / columnsOf(this.#screen)));
    return `\r${up(rows - 1)}${ERASE_BELOW}`;
  }

  #wanted(): readonly string[] {
    const width = columnsOf(this.#screen) - 1;
    const parts = [...this.#parts.values()].map((part) => clippedTo(oneLine(part), width));
    return [...parts, ...this.#lines];
  }

  #wholeLines(text: string, source: Source): string {
    const all = (this.#parts.get(source) ?? '') + text;
    const end = all.length > LONGEST_PART ? all.length : all.lastIndexOf('\n') + 1;
    // What a carriage return has overwritten is gone.
    const part = all.slice(end);
    const kept = part.slice(part.lastIndexOf('\r', part.length - 2) + 1);
    if (kept === '') this.#parts.delete(source);
    else this.#parts.set(source, kept);
    const whole = all.slice(0, end);
    return whole === '' || whole.endsWith('\n') ? whole : `${whole}\n`;
  }

  #erased(): string {
    if (!this.isDrawn) return '';
    const text = `${this.#toTop()}${ERASE_BELOW}`;
    this.#drawn = [];
    return text;
  }

  /** To the first column of the first drawn line. A terminal that became narrower has wrapped them. */
  #toTop(): string {
    const columns = columnsOf(this.#screen);
    const rows = this.#drawn.map((line) => Math.max(1, Math.ceil(textWidth(oneLine(line)) / columns)));
    return `\r${up(rows.reduce((sum, n) => sum + n, 0))}`;
  }
}

/** A terminal that nobody told its size says 0. */
export function columnsOf({ columns }: Screen): number {
  return columns || 80;
}
