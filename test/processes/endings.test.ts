/** Processes whose managers stop or close at odd moments: each settles, and nothing keeps the process alive. */

import { expect, it } from 'vitest';
import { folderForTest, run } from './program.js';

const program = new URL('endings.mjs', import.meta.url);

it.each(['memory', 'sqlite'])(
  'given a manager on %s, when it is stopped or closed while starting, twice, or in a handler, then that settles, no timer or watcher is left, and the process ends by itself',
  async (kind) => {
    const { code, stdout, stderr } = await run(program, { folder: kind === 'memory' ? null : folderForTest() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      'stopped while starting': [],
      'closed while starting': [],
      'closed while opening, by an enqueue': [],
      'closed and never used': [],
      'stopped in a handler': [],
      'closed in a handler': [],
      'only stopped, never closed': [],
    });
  },
);
