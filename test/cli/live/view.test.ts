/** When the live region is drawn. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LiveState } from '../../../src/cli/live/state.js';
import { StateSender } from '../../../src/cli/live/state-sender.js';
import { isLive } from '../../../src/cli/live/terminal-view.js';
import { LiveView } from '../../../src/cli/live/view.js';
import { painter } from '../../../src/cli/terminal.js';
import { FakeTerminal } from './fake-terminal.js';

const state = (completed: number): LiveState => ({
  running: [],
  runningCount: 0,
  completed,
  failed: 0,
  perSecond: null,
  store: null,
  taskWidth: 0,
});

let terminal: FakeTerminal;
let view: LiveView;
let completed = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  terminal = new FakeTerminal();
  view = new LiveView(terminal, painter({}, {}));
  completed = 0;
  view.show(() => state(completed));
  vi.advanceTimersByTime(100);
});

afterEach(() => {
  view.close();
  vi.useRealTimers();
});

describe('a view', () => {
  it('is drawn at most ten times a second, however much happens', () => {
    const before = terminal.writes.length;
    for (let i = 0; i < 1_000; i += 1) {
      completed += 1;
      view.changed();
      vi.advanceTimersByTime(1);
    }
    expect(terminal.writes.length - before).toBeLessThanOrEqual(11);
    expect(terminal.writes.length - before).toBeGreaterThanOrEqual(9);
  });

  it('writes nothing while nothing changes', () => {
    const before = terminal.writes.length;
    vi.advanceTimersByTime(60_000);
    expect(terminal.writes).toHaveLength(before);
  });

  it('comes back at once after a line, and is not drawn for each of many', () => {
    view.print('line\n', 'out');
    expect(terminal.lines).toEqual(['line', '', '         0 completed · 0 failed · 0 running']);
    const before = terminal.writes.length;
    for (let i = 0; i < 100; i += 1) view.print(`${i}\n`, 'out');
    expect(terminal.writes.length - before).toBeLessThan(103);
    vi.advanceTimersByTime(30);
    expect(terminal.lines.at(-1)).toContain('0 completed');
    expect(terminal.lines.slice(0, 101)).toEqual(['line', ...Array.from({ length: 100 }, (_, i) => `${i}`)]);
  });

  it('is drawn anew for the new width', () => {
    terminal.resize(30, 24);
    expect(terminal.lines).toEqual(['', '0 completed · 0 failed']);
  });

  it('goes when there is nothing to show', () => {
    view.show(null);
    vi.advanceTimersByTime(100);
    expect(terminal.lines).toEqual([]);
  });

  it('that is closed leaves neither lines, timers nor listeners', () => {
    view.close();
    expect(terminal.lines).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(terminal.listeners).toBe(0);
    view.changed();
    view.print('text\n', 'out');
    expect(vi.getTimerCount()).toBe(0);
    expect(terminal.lines).toEqual(['text']);
  });
});

describe('the state of a child', () => {
  it('is sent at most ten times a second, and not when nothing changed', () => {
    const sent: number[] = [];
    const sender = new StateSender((state) => sent.push(state.completed));
    let done = 0;
    sender.show(() => state(done));
    for (let i = 0; i < 1_000; i += 1) {
      done += 1;
      sender.changed();
      vi.advanceTimersByTime(1);
    }
    expect(sent.length).toBeLessThanOrEqual(11);
    expect(sent.length).toBeGreaterThanOrEqual(9);
    vi.advanceTimersByTime(100);
    const before = sent.length;
    expect(sent.at(-1)).toBe(1_000);
    vi.advanceTimersByTime(60_000);
    expect(sent).toHaveLength(before);
  });
});

describe('what moves', () => {
  it.each([
    ['is shown on a terminal', { isTTY: true }, { TERM: 'xterm' }, true],
    ['is shown without colours too', { isTTY: true }, { TERM: 'xterm', NO_COLOR: '1' }, true],
    ['is not shown in a pipe', {}, { TERM: 'xterm' }, false],
    ['is not shown on a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
    ['is not shown in CI, which records what a terminal gets', { isTTY: true }, { TERM: 'xterm', CI: 'true' }, false],
  ])('%s', (_, stream, environment, expected) => {
    expect(isLive(stream, environment)).toBe(expected);
  });
});
