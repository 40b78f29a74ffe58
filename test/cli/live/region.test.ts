/** The live region on a terminal: above it scrolls what others write. */
import { describe, expect, it } from 'vitest';
import { Region } from '../../../src/cli/live/region.js';
import { FakeTerminal } from './fake-terminal.js';

const drawn = (...lines: string[]): { terminal: FakeTerminal; region: Region } => {
  const terminal = new FakeTerminal();
  const region = new Region(terminal);
  region.draw(lines);
  return { terminal, region };
};

describe('a region', () => {
  it('is drawn over itself, as it grows and shrinks', () => {
    const { terminal, region } = drawn('a', 'b');
    region.draw(['one', 'two', 'three']);
    expect(terminal.lines).toEqual(['one', 'two', 'three']);
    region.draw(['1']);
    expect(terminal.lines).toEqual(['1']);
    expect(terminal.cursor).toEqual({ row: 1, column: 0 });
  });

  it('that is the same writes nothing', () => {
    const { terminal, region } = drawn('a', 'b');
    region.draw(['a', 'b']);
    expect(terminal.writes).toHaveLength(1);
  });

  it('lets whole lines scroll above it', () => {
    const { terminal, region } = drawn('live');
    region.print('first\nsecond\n', 'out');
    region.draw(['live']);
    region.print('third\n', 'err');
    region.draw(['live']);
    expect(terminal.lines).toEqual(['first', 'second', 'third', 'live']);
  });

  it('shows a line that is not whole yet, and writes it once when it is', () => {
    const { terminal, region } = drawn('live');
    region.print('load', 'out');
    region.draw(['live']);
    expect(terminal.lines).toEqual(['load', 'live']);
    region.print('ing', 'out');
    region.draw(['live']);
    expect(terminal.lines).toEqual(['loading', 'live']);
    region.print(' done\n', 'out');
    region.draw(['live']);
    expect(terminal.lines).toEqual(['loading done', 'live']);
  });

  it('keeps lines of two writers apart that are not whole yet', () => {
    const { terminal, region } = drawn('live');
    region.print('half of ', 'child-out');
    region.print('a warning\nand ', 'child-err');
    region.print('a line\n', 'child-out');
    region.draw(['live']);
    expect(terminal.lines).toEqual(['a warning', 'half of a line', 'and', 'live']);
  });

  it('shows the newest of what a carriage return overwrites, cut to the width and harmless', () => {
    const { terminal, region } = drawn('live');
    region.print(`\r\u001b[2K10%\r\u001b[2K${'20%'.repeat(99)}`, 'out');
    region.draw(['live']);
    expect(terminal.lines).toEqual([`${'20%'.repeat(26)}…`, 'live']);
    expect(terminal.writes.at(-1)).not.toContain('\u001b[2K');
    region.close();
    expect(terminal.writes.at(-1)).not.toContain('10%');
  });

  it('does not keep a line without end', () => {
    const { terminal, region } = drawn('live');
    for (let i = 0; i < 20; i += 1) region.print('x'.repeat(1_000), 'out');
    expect(terminal.writes.join('').length).toBeGreaterThan(16_000);
  });

  it.each(['no ', 'no '.repeat(50)])('takes up a line that was not whole before it was drawn', (begin) => {
    const terminal = new FakeTerminal();
    const region = new Region(terminal);
    region.print(`whole\n${begin}`, 'out');
    region.draw(['live']);
    expect(terminal.lines).toHaveLength(3);
    region.print('end\n', 'out');
    region.draw(['live']);
    expect(terminal.lines.join('')).toBe(`whole${begin}endlive`);
    region.print('half', 'out');
    region.draw([]);
    region.draw(['live']);
    region.print(' and half\n', 'out');
    region.draw(['live']);
    expect(terminal.lines.slice(-2)).toEqual(['half and half', 'live']);
  });

  it('that is closed leaves what others wrote, and nothing else', () => {
    const { terminal, region } = drawn('live', 'more');
    region.print('whole\nhalf', 'out');
    region.draw(['live']);
    region.close();
    expect(terminal.lines).toEqual(['whole', 'half']);
    region.print(' and half\n', 'out');
    expect(terminal.lines).toEqual(['whole', 'half and half']);
  });

  it('hides no cursor: a process that is killed leaves a terminal as good as new', () => {
    const { terminal, region } = drawn('live');
    region.draw(['other']);
    region.close();
    expect(terminal.writes.join('')).not.toContain('\u001b[?25');
  });

  it('takes back all of its lines on a terminal that became narrower and has wrapped them', () => {
    const { terminal, region } = drawn('a'.repeat(79), 'b'.repeat(40));
    region.print('log\n', 'out');
    region.draw(['a'.repeat(79), '', 'b'.repeat(40)]);
    terminal.resize(30, 24);
    region.draw(['short']);
    expect(terminal.lines).toEqual(['log', 'short']);
  });

  it('takes nothing back after others wrote on the terminal', () => {
    const { terminal, region } = drawn('live');
    terminal.write('[1]+ Stopped\n');
    region.forget();
    region.draw(['live']);
    expect(terminal.lines).toEqual(['live', '[1]+ Stopped', 'live']);
  });
});
