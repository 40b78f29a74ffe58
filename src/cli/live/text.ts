/** Text of unknown origin on a terminal: made harmless, measured in columns, cut to fit. */

const graphemes: Intl.Segmenter = new Intl.Segmenter();

/**
 * What a terminal obeys (ECMA-48): CSI with its parameters, a string command up to its end, any other escape. Not by
 * `stripVTControlCharacters`, which takes the text between a CSI and a later bell away too.
 */
const ESC = '\u001b';
const sequences: RegExp = new RegExp(
  `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]|${ESC}[\\]PX^_][^\u0007${ESC}\n]*(?:\u0007|${ESC}\\\\)|${ESC}[ -/]*[0-Z\\\\\`-~]`,
  'g',
);

/** Control characters, and marks that turn the order of what follows, which would hide what a line says. */
const unsafe = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One line that moves no cursor: escape sequences gone, other control characters visible. */
export function oneLine(text: string): string {
  return visible(text.includes('\n') ? text.replace(/\r?\n/g, ' ⏎ ') : text);
}

/** The same for text of several lines. */
export function harmless(text: string): string {
  return text.split(/\r?\n/).map(visible).join('\n');
}

/** How many columns of a terminal it takes. For text without control characters. */
export function textWidth(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** At most so many columns, the last of them an ellipsis if something had to go. */
export function clippedTo(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return '';
  if (isPlain(text)) return `${text.slice(0, columns - 1)}…`;
  let [kept, width] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function visible(line: string): string {
  if (isPlain(line)) return line;
  return line.replace(sequences, '').replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\t') return ' ';
    // Unicode has a picture for each of the first 32, and one for DEL.
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '␡' : '�';
  });
}

/** As most terminals count: East Asian wide and emoji take two, marks alone none. */
function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) as number;
  if (code < 0x300) return grapheme.includes('\ufe0f') ? 2 : 1;
  if (/^[\p{M}\p{Cf}]+$/u.test(grapheme)) return 0;
  return isWide(code) || grapheme.includes('\ufe0f') || /\p{Emoji_Presentation}/u.test(grapheme) ? 2 : 1;
}

function isWide(code: number): boolean {
  return wideRanges.some(([first, last]) => code >= first && code <= last);
}

/** Hangul, CJK with its kana, bopomofo and punctuation, full-width forms, and the planes of rarer ideographs. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];
