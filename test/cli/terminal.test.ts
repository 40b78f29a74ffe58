/** How lines look. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { frameOf, painter, shownDuration } from '../../src/cli/terminal.js';

describe('colours', () => {
  it.each([
    ['on a terminal', { isTTY: true }, { TERM: 'xterm' }, '\u001b[32mok\u001b[0m'],
    ['on a terminal with an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, '\u001b[32mok\u001b[0m'],
    ['with NO_COLOR', { isTTY: true }, { NO_COLOR: '1', TERM: 'xterm' }, 'ok'],
    ['on a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, 'ok'],
    ['in a pipe', {}, { TERM: 'xterm' }, 'ok'],
  ])('%s', (_, stream, environment, text) => {
    expect(painter(stream, environment)('green', 'ok')).toBe(text);
  });
});

describe('a duration', () => {
  it.each([
    [0.4, '0ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [1_250, '1.3s'],
    [59_949, '59.9s'],
    [59_950, '1m0s'],
    [200_000, '3m20s'],
    [3_599_600, '1h0m'],
    [7_500_000, '2h5m'],
  ])('of %d ms is shown as %s', (ms, text) => {
    expect(shownDuration(ms)).toBe(text);
  });
});

describe("an error's place", () => {
  it("is the highest frame of the user's own code, from the current folder", () => {
    const here = pathToFileURL(join(process.cwd(), 'tasks.ts')).href;
    const stack = `Error: boom
    at new Promise (<anonymous>)
    at internal (node:internal/process/task_queues:1:2)
    at library (file:///elsewhere/node_modules/library/index.js:3:4)
    at run (${here}:12:9)
    at other (file:///elsewhere/other.ts:5:6)`;
    expect(frameOf(stack)).toBe('tasks.ts:12');
  });

  it('is left out where there is none', () => {
    expect(frameOf('Error: boom\n    at node:internal/timers:1:2')).toBeNull();
    expect(frameOf('')).toBeNull();
  });
});
