/** User code that misbehaves, in a process that an unhandled rejection of ours would end. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderForTest, run } from './program.js';

const program = new URL('rude.mjs', import.meta.url);

const ENDS = {
  throws: 'threw',
  rejects: 'threw',
  'rejects with nothing': 'threw',
  'throws a symbol': 'threw',
  'rejects after its time-out': 'timed-out',
  'has a broken thenable': 'completed',
  'has a broken schema': 'invalid-input',
  'returns what cannot be stored': 'invalid-result',
  'has a broken backoff': 'threw',
  'leaves a rejection': 'completed',
  'is fine': 'completed',
};

describe.each(['memory', 'sqlite'])('rude code on %s', (kind) => {
  const store = (): string => (kind === 'memory' ? 'memory:' : `sqlite:${join(folderForTest(), 'rude.db')}`);

  it('given tasks, listeners, a logger and a schema that throw and reject, when jobs run under --unhandled-rejections=strict, then each ends as it should, and the process lives', async () => {
    const { code, stdout, stderr } = await run(program, { store: store(), isFloating: false }, [
      '--unhandled-rejections=strict',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ ends: ENDS, unhandled: [] });
  });

  it('given a task that leaves a rejection behind, when it runs, then the process hears of that one alone, and the job completes', async () => {
    const { code, stdout } = await run(program, { store: store(), isFloating: true });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ends: ENDS, unhandled: ['Error: left by the user'] });
  });
});
