/** The live region on this process's own terminal: what the process writes goes above it. */

import { StringDecoder } from 'node:string_decoder';
import { paint } from '../terminal.js';
import type { Source } from './region.js';
import { LiveView } from './view.js';

/** Where something that moves is wanted: a terminal that can do it, and nobody records. */
export function isLive(
  { isTTY }: { readonly isTTY?: boolean },
  { CI = '', TERM }: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTTY === true && TERM !== 'dumb' && (CI === '' || CI === 'false');
}

/** Closes by itself when the process ends. What writes past `process.stdout`, to the descriptor, isn't seen. */
export function liveTerminal(): LiveView {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  const view = new LiveView(
    {
      get columns() {
        return stdout.columns;
      },
      get rows() {
        return stdout.rows;
      },
      write: (text) => write(text),
      on: (event, listener) => stdout.on(event, listener),
      off: (event, listener) => stdout.off(event, listener),
    },
    paint,
  );
  const release = [hook(stdout, 'out', view), ...(stderr.isTTY ? [hook(stderr, 'err', view)] : [])];
  process.on('SIGCONT', view.continued);
  process.once('exit', () => {
    for (const end of release) end();
    view.close();
  });
  return view;
}

/** @returns ends it */
function hook(stream: NodeJS.WriteStream, source: Source, view: LiveView): () => void {
  const own = stream.write;
  const decoder = new StringDecoder('utf8');
  type Callback = (error?: Error | null) => void;
  stream.write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Callback, callback?: Callback): boolean => {
    const bytes = typeof chunk === 'string' && typeof encoding === 'string' ? Buffer.from(chunk, encoding) : chunk;
    view.print(typeof bytes === 'string' ? bytes : decoder.write(Buffer.from(bytes)), source);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = own;
  };
}
