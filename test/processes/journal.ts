/** What the processes of a test wrote, in the order in which they wrote it. */

import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

export interface Line {
  /** Epoch ms. */
  readonly at: number;
  readonly pid: number;
  readonly worker: string;
  readonly what: string;
  readonly job?: string;
  readonly task?: string;
  readonly attempt?: number;
  /** Of `started`: no other start has the same. */
  readonly run?: string;
  /** Of `aborted`: the code and name of the signal's reason. */
  readonly code?: string;
  readonly name?: string;
  /** Of `error`. */
  readonly message?: string;
}

export class Journal {
  readonly path: string;
  readonly #lines: Line[] = [];
  readonly #byPid: Map<number, Line[]> = new Map();
  readonly #file: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #buffer = Buffer.alloc(256 * 1024);
  /** A line that was written only in part so far. */
  #rest = '';

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a+');
  }

  /** All lines that there are by now. */
  read(): readonly Line[] {
    for (;;) {
      const size = readSync(this.#file, this.#buffer);
      if (size === 0) return this.#lines;
      const pieces = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, size))).split('\n');
      this.#rest = pieces.pop() ?? '';
      for (const piece of pieces) this.#add(JSON.parse(piece) as Line);
    }
  }

  /** The lines of one process. Cheap to ask for, again and again. */
  life(pid: number): readonly Line[] {
    this.read();
    return this.#byPid.get(pid) ?? [];
  }

  /** The lines that have all the given fields. */
  of(fields: Partial<Line>): readonly Line[] {
    const wanted = Object.entries(fields);
    return this.read().filter((line) => wanted.every(([name, value]) => line[name as keyof Line] === value));
  }

  #add(line: Line): void {
    this.#lines.push(line);
    const life = this.#byPid.get(line.pid) ?? [];
    this.#byPid.set(line.pid, life);
    life.push(line);
  }

  close(): void {
    closeSync(this.#file);
  }
}
