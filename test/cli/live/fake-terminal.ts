/** As much of a terminal as a test needs: what was written, as a person sees it, wrapped and scrolled. */
import { textWidth } from '../../../src/cli/live/text.js';

const ESC = '\u001b';
const pieces: RegExp = new RegExp(`${ESC}\\[[\\d;?]*[A-Za-z]|[\\s\\S]`, 'gu');

export class FakeTerminal {
  columns: number;
  rows: number;
  /** Every write, as it came. */
  readonly writes: string[] = [];
  readonly #onResize: Set<() => void> = new Set();
  /** All rows since the beginning, those that have scrolled away included. */
  #screen: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.writes.push(text);
    for (const [piece] of text.matchAll(pieces)) this.#put(piece);
  }

  on(_event: 'resize', listener: () => void): void {
    this.#onResize.add(listener);
  }

  off(_event: 'resize', listener: () => void): void {
    this.#onResize.delete(listener);
  }

  get listeners(): number {
    return this.#onResize.size;
  }

  /** Wraps anew what no longer fits, as most terminals do. The cursor is at the start of a line. */
  resize(columns: number, rows: number): void {
    const cut = (line: string): string[] => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
    this.#screen = this.#screen.flatMap(cut);
    this.#row = this.#screen.length - 1;
    [this.columns, this.rows] = [columns, rows];
    for (const listener of this.#onResize) listener();
  }

  /** Without what follows the last text. */
  get lines(): string[] {
    const lines = this.#screen.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  #put(piece: string): void {
    const code = /^.\[([\d;?]*)([A-Za-z])$/.exec(piece);
    if (code !== null) return this.#obey(code[2] as string, code[1] as string);
    if (piece === '\n') [this.#row, this.#column] = [this.#row + 1, 0];
    else if (piece === '\r') this.#column = 0;
    else {
      if (this.#column + textWidth(piece) > this.columns) [this.#row, this.#column] = [this.#row + 1, 0];
      const line = this.#screen[this.#row] ?? '';
      this.#screen[this.#row] = line.slice(0, this.#column).padEnd(this.#column) + piece + line.slice(this.#column + 1);
      this.#column += textWidth(piece);
    }
    while (this.#screen.length <= this.#row) this.#screen.push('');
  }

  #obey(letter: string, digits: string): void {
    if (letter === 'A') this.#row = Math.max(0, this.#screen.length - this.rows, this.#row - Number(digits));
    else if (letter === 'K') this.#screen[this.#row] = (this.#screen[this.#row] ?? '').slice(0, this.#column);
    else if (letter === 'J') {
      this.#obey('K', '');
      this.#screen.length = this.#row + 1;
    } else if (letter !== 'm' && letter !== 'h' && letter !== 'l')
      throw new Error(`The test's terminal has no ${letter}.`);
  }
}
