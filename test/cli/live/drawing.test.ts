/** What the live region shows. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { drawLive, type Frame } from '../../../src/cli/live/drawing.js';
import type { LiveJob, LiveState } from '../../../src/cli/live/state.js';
import { textWidth } from '../../../src/cli/live/text.js';
import { painter } from '../../../src/cli/terminal.js';

const now = 1_000_000;
const plain: Frame = { columns: 100, rows: 30, now, paint: painter({}, {}) };

const job = (n: number, rest: Partial<LiveJob> = {}): LiveJob => ({
  id: `00000000-0000-7000-8000-${String(n).padStart(8, '0')}0000`,
  task: 'resize',
  attempt: 1,
  maxAttempts: 5,
  startedAt: now - 12_345,
  percent: null,
  step: null,
  ...rest,
});
const state = (rest: Partial<LiveState> = {}): LiveState => ({
  running: [],
  runningCount: rest.running?.length ?? 0,
  completed: 0,
  failed: 0,
  perSecond: null,
  store: null,
  taskWidth: 0,
  ...rest,
});
const jobs = (count: number): LiveJob[] => Array.from({ length: count }, (_, i) => job(i));

describe('a running job', () => {
  it('is shown with its bar, step, time and attempt, under the columns of the log', () => {
    const running = [
      job(7, { percent: 50, step: 'upload', attempt: 2 }),
      job(8, { task: 'mail', maxAttempts: null, attempt: 3 }),
    ];
    expect(drawLive(state({ running, taskWidth: 8 }), plain)).toEqual([
      '',
      '         ▸ resize    00000007     12s  ████████░░░░░░░░  50%  upload  attempt 2/5',
      '         ▸ mail      00000008     12s  attempt 3/∞',
      '         0 completed · 0 failed · 2 running',
    ]);
  });

  it.each([
    [0, '░░░░░░░░░░░░░░░░   0%'],
    [99.9, '████████████████  99%'],
    [100, '████████████████ 100%'],
  ])('at %d percent has the bar %s', (percent, bar) => {
    expect(drawLive(state({ running: [job(1, { percent })] }), plain)[1]).toContain(`  ${bar}`);
  });

  it('that has only just begun is counted and not yet shown', () => {
    const running = [job(1), job(2, { startedAt: now - 299 })];
    const lines = drawLive(state({ running }), plain);
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toContain('2 running');
  });

  it('whose names would take over the terminal shows them harmless', () => {
    const running = [job(1, { task: '\u001b[2Jevil\nname', step: '\u001b]0;x\u0007step' })];
    expect(drawLive(state({ running }), plain)[1]).toMatch(/▸ evil ⏎ name {2}00000001 .* step$/);
  });
});

describe('running jobs that are too many', () => {
  it.each([
    [12, 30, 12, null],
    [13, 30, 11, '2'],
    [4_000, 30, 11, '3,989'],
    [40, 12, 3, '37'],
    [3, 6, 0, null],
  ])('of %d on %d rows %d are shown, and that there are %s more', (count, rows, shown, more) => {
    const lines = drawLive(state({ running: jobs(Math.min(60, count)), runningCount: count }), { ...plain, rows });
    expect(lines.filter((line) => line.includes('▸'))).toHaveLength(shown);
    expect(/… and (\S+) more/.exec(lines.join('\n'))?.[1] ?? null).toBe(more);
    expect(lines.length).toBeLessThanOrEqual(Math.max(2, rows / 2));
  });
});

describe('the summary', () => {
  const store = { waiting: 34_000, running: 12, isExact: true, next: { schedule: 'nightly', at: now + 300_000 } };

  it('says how much was done, how fast, what waits, and what comes next', () => {
    const lines = drawLive(state({ completed: 5_123, failed: 3, perSecond: 1234.4, store, runningCount: 12 }), plain);
    expect(lines).toEqual([
      '',
      '         5,123 completed · 3 failed · 12 running · 34,000 waiting · 1,234/s · nightly in 5m0s',
    ]);
  });

  it('says that there are at least so many where the store stopped counting', () => {
    expect(drawLive(state({ store: { ...store, isExact: false } }), plain).at(-1)).toContain('· ≥34,000 waiting');
  });

  it('tells of what runs elsewhere', () => {
    const lines = drawLive(state({ runningCount: 3, store: { ...store, running: 20, next: null } }), plain);
    expect(lines.at(-1)).toMatch(/· 3 running .* · 20 running in all$/);
  });

  it.each([
    [now + 5_400, 'in 5s'],
    [now + 700, 'in 1s'],
    [now + 400, 'due'],
    [now - 5_000, 'due'],
  ])('with a slot at %d says that it is %s', (at, text) => {
    const lines = drawLive(state({ store: { ...store, running: 0, next: { schedule: 'nightly', at } } }), plain);
    expect(lines.at(-1)).toMatch(new RegExp(`· nightly ${text}$`));
  });

  it('leaves out what there is no room for, rather than half of it', () => {
    const full = state({ completed: 5_123, failed: 3, perSecond: 7.25, store, runningCount: 12 });
    expect(drawLive(full, { ...plain, columns: 52 }).at(-1)).toBe('5,123 completed · 3 failed · 12 running');
    expect(drawLive(full, { ...plain, columns: 20 }).at(-1)).toBe('5,123 completed');
  });
});

describe('lines', () => {
  const wide = state({
    running: [
      job(1, { task: '写入数据库'.repeat(9), step: '🚀'.repeat(40), percent: 33 }),
      job(2, { task: 'x'.repeat(300), attempt: 2, step: '\u001b[31m'.repeat(50) }),
    ],
    completed: 10 ** 12,
    store: { waiting: 10 ** 12, running: 0, isExact: false, next: { schedule: '写'.repeat(99), at: now + 1e12 } },
  });

  it.each([11, 20, 40, 59, 60, 80, 200])('never reach the edge of %d columns, colours or not', (columns) => {
    const lines = drawLive(wide, { ...plain, columns });
    for (const line of lines) expect(textWidth(line)).toBeLessThan(columns);
    const painted = drawLive(wide, { ...plain, columns, paint: painter({ isTTY: true }, {}) });
    expect(painted.map((line) => stripVTControlCharacters(line))).toEqual(lines);
  });

  it.each([
    [10, 30],
    [100, 3],
    [0, 0],
  ])('are none on a terminal of %d columns and %d rows', (columns, rows) => {
    expect(drawLive(wide, { ...plain, columns, rows })).toEqual([]);
  });

  it('are the same while nothing happens and no whole second has passed', () => {
    const quiet = state({ running: [job(1, { startedAt: now - 4_000 })], completed: 2 });
    expect(drawLive(quiet, { ...plain, now: now + 400 })).toEqual(drawLive(quiet, plain));
  });
});
