/**
 * What all processes of a soak write down, in one file. A line is there once its write has returned, whatever becomes of
 * its process then, and lines of several processes stand in the order in which they were written.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/**
 * @typedef {{ readonly at: number, readonly by: string, readonly what: string, readonly n?: number,
 *   readonly run?: string, readonly ns?: readonly number[], readonly ids?: readonly string[], readonly id?: string,
 *   readonly rss?: number, readonly heap?: number, readonly term?: number, readonly schedule?: string, readonly slot?: number,
 *   readonly message?: string, readonly whom?: string }} Line `at` in ms by the clock of the machine that never steps
 */

const MEMORY_MS = 2_000;

/** @param {string} path @param {string} by @returns {(what: string, details?: object) => void} */
export function journal(path, by) {
  const file = openSync(path, 'a');
  return (what, details) => {
    const at = Math.round(Number(process.hrtime.bigint()) / 1e3) / 1e3;
    // It begins a line of its own: who was killed in the middle of a long one has left only a part of that.
    writeSync(file, `\n${JSON.stringify({ at, by, what, ...details })}\n`);
  };
}

/** Writes down now and then what the process keeps: without what could be collected. @param {ReturnType<typeof journal>} write */
export function tellMemory(write) {
  const tell = () => {
    globalThis.gc?.();
    write('memory', { rss: process.memoryUsage.rss(), heap: process.memoryUsage().heapUsed });
  };
  setInterval(tell, MEMORY_MS).unref();
}

export class Reader {
  #file;
  #decoder = new StringDecoder('utf8');
  #buffer = Buffer.alloc(1 << 20);
  #rest = '';

  /** @param {string} path */
  constructor(path) {
    this.#file = openSync(path, 'a+');
  }

  /** All lines since it was asked last. @param {(line: Line) => void} onLine */
  read(onLine) {
    for (let size = readSync(this.#file, this.#buffer); size > 0; size = readSync(this.#file, this.#buffer)) {
      const texts = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, size))).split('\n');
      this.#rest = texts.pop() ?? '';
      for (const text of texts) {
        const line = text === '' ? null : parsed(text);
        if (line !== null) onLine(line);
      }
    }
  }

  close() {
    closeSync(this.#file);
  }
}

/** @param {string} text @returns {Line | null} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
