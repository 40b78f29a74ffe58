/** Text of unknown origin on a terminal. */
import { describe, expect, it } from 'vitest';
import { clippedTo, harmless, oneLine, padded, textWidth } from '../../../src/cli/live/text.js';

describe('text of unknown origin', () => {
  it.each([
    ['plain text', 'resize', 'resize'],
    ['a colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a cleared screen', 'a\u001b[2Jb', 'ab'],
    ['a window title', '\u001b]0;owned\u0007x', 'x'],
    ['an escape that begins no sequence', 'a\u001b', 'a␛'],
    ['a carriage return that would overwrite', 'ok\rfailed', 'ok␍failed'],
    ['a bell and a backspace', '\u0007\b', '␇␈'],
    ['an eight-bit control sequence', 'a\u009b2Jb', 'ab'],
    ['a control character of eight bits alone', 'a\u0085b', 'a�b'],
    ['a delete', '\u007f', '␡'],
    ['text that turns the reading direction', 'a\u202egpj.exe', 'a�gpj.exe'],
    ['several lines', 'one\ntwo\r\nthree', 'one ⏎ two ⏎ three'],
    ['a tab', 'a\tb', 'a b'],
    ['other scripts', '写入 é', '写入 é'],
  ])('with %s is one line that moves no cursor', (_, text, shown) => {
    expect(oneLine(text)).toBe(shown);
  });

  it('of several lines keeps them, and nothing else', () => {
    expect(harmless('one\r\n\u001b[2Jtwo\u0007')).toBe('one\ntwo␇');
  });
});

describe('the width of text', () => {
  it.each([
    ['', 0],
    ['resize', 6],
    ['é', 1],
    ['e\u0301', 1],
    ['写入', 4],
    ['ﾊﾛｰ', 3],
    ['한국', 4],
    ['▸ █░ ✓ …', 8],
    ['🚀', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['✔️', 2],
  ])('%s is %d columns', (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });
});

describe('text that is cut', () => {
  it.each([
    ['resize', 6, 'resize'],
    ['resize', 5, 'resi…'],
    ['resize', 1, '…'],
    ['resize', 0, ''],
    ['写入库', 6, '写入库'],
    ['写入库', 5, '写入…'],
    // Half a character can't be shown: it is left out, and the line is narrower.
    ['写入库', 4, '写…'],
    ['a👩‍👩‍👧b', 3, 'a…'],
  ])('%s to %d columns is %s', (text, columns, cut) => {
    expect(clippedTo(text, columns)).toBe(cut);
    expect(textWidth(cut)).toBeLessThanOrEqual(columns);
  });

  it('is filled by columns, not by characters', () => {
    expect(padded('写', 4)).toBe('写  ');
    expect(padded('long', 2)).toBe('long');
  });
});
