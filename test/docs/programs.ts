/**
 * From the TypeScript blocks of a page to programs that can be run, with what they claim turned into checks.
 *
 * A block may begin with one of these comments:
 *
 * - `// name.ts`: its file, which other blocks of the page may import
 * - `// continues` or `// continues name.ts`: it goes on where the block before, or that file, ended
 * - either with `, until SIGTERM`: it runs on; once it has printed something, the signal must end it with exit code 0
 *
 * A line of code may end with a claim: `job.result(); // → 'done'`, `await job.result(); // → throws JobFailedError`.
 */

import { parseAst } from 'vitest/node';
import type { Block } from './pages.js';

export interface Program {
  readonly page: string;
  /** Of its last block. */
  readonly line: number;
  readonly file: string;
  /** All its blocks, one after the other. */
  readonly text: string;
  /** The line of the page that each line of `text` stands on. */
  readonly lines: readonly number[];
  readonly isEndedBySignal: boolean;
}

const directive =
  /^\/\/ (?:(?<name>[\w-]+\.ts)|(?<continues>continues)(?: (?<base>[\w-]+\.ts))?)(?<signal>, until SIGTERM)?$/;

interface Part extends Program {
  readonly before: Part | null;
}

/** @throws Error for a block that continues nothing */
export function programsOf(blocks: readonly Block[]): readonly Program[] {
  const parts: Part[] = [];
  for (const block of blocks) parts.push(partOf(block, parts));
  const continued = new Set(parts.map((part) => part.before));
  const files = parts.map((part) => part.file);
  // What others build on runs with them; what has a name of its own also runs alone, for others may import it.
  return parts.filter((part, i) => !continued.has(part) || files.indexOf(part.file) !== i);
}

function partOf({ page, line, text }: Block, earlier: readonly Part[]): Part {
  const { name, continues, base, signal } = directive.exec(text.split('\n', 1)[0] as string)?.groups ?? {};
  const before =
    continues === undefined ? null : (earlier.findLast((one) => base === undefined || one.file === base) ?? null);
  if (continues !== undefined && before === null) throw new Error(`${page}:${line} continues nothing.`);
  const own = text.split('\n').map((_, i) => line + i);
  return {
    page,
    line,
    file: name ?? `line-${line}.ts`,
    text: before === null ? text : `${before.text}\n${text}`,
    lines: before === null ? own : [...before.lines, ...own],
    isEndedBySignal: signal !== undefined,
    before,
  };
}

export interface Instrumented {
  readonly text: string;
  /** Where each claim stands, by its number: `page:line`. */
  readonly claims: readonly string[];
  /** Its default export is to be called with a started manager, as the command line does. */
  readonly hasMain: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // biome-ignore lint/suspicious/noExplicitAny: the fields of a syntax tree differ by type
  readonly [field: string]: any;
}

/** What takes the place of the text from `start` to `end`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @throws Error for an arrow that stands behind no statement: it would claim something that nobody checks */
export function instrument(program: Program): Instrumented {
  const { text } = program;
  const tree = parseAst(text, { lang: 'ts' }, program.file) as unknown as Node;
  const statements = statementsOf(tree);
  const claims: string[] = [];
  const edits: Edit[] = [];
  for (const { index, 1: expected = '' } of text.matchAll(/\/\/[^\n]*?→ ?([^\n]*)$/gm)) {
    const where = `${program.page}:${program.lines[text.slice(0, index).split('\n').length - 1]}`;
    const statement = statements.find(({ end }) => end <= index && text.slice(end, index).trim() === '');
    if (statement === undefined) throw new Error(`${where} claims something of no statement.`);
    edits.push(editFor(statement, text, claims.length, expected.trim(), where));
    claims.push(where);
  }
  let done = text;
  for (const edit of edits.sort((a, b) => b.start - a.start))
    done = done.slice(0, edit.start) + edit.text + done.slice(edit.end);
  const hasMain = (tree.body as readonly Node[]).some((node) => node.type === 'ExportDefaultDeclaration');
  return { text: `import * as __check from 'sample-check';\n${done}`, claims, hasMain };
}

function editFor(statement: Node, text: string, claim: number, expected: string, where: string): Edit {
  const { start, end } = statement;
  const own = text.slice(start, end);
  const name = /^throws (\w+)$/.exec(expected)?.[1];
  if (name !== undefined)
    return { start, end, text: `await __check.throws(${claim}, async () => { ${own} }, '${name}');` };
  if (statement.type === 'ExpressionStatement') {
    // Evaluated once, as in the sample.
    const { expression } = statement;
    const claimed = isPrint(expression) ? expression.arguments[0] : expression;
    const check = `__check.is(${claim}, ${text.slice(claimed.start, claimed.end)}, ${expected})`;
    return { start: claimed.start, end: claimed.end, text: check };
  }
  const value = declaredIn(statement);
  if (value === null) throw new Error(`${where} claims something of a statement that has no single value.`);
  return { start, end, text: `${own} __check.is(${claim}, ${value}, ${expected});` };
}

/** What a declaration gives names to, as an expression. */
function declaredIn(statement: Node): string | null {
  const [declared, second] = statement.declarations as readonly Node[];
  if (declared === undefined || second !== undefined) return null;
  const { id } = declared;
  if (id.type === 'Identifier') return id.name;
  if (id.type !== 'ObjectPattern') return null;
  const names = (id.properties as readonly Node[]).map((property) => property.value?.name as string | undefined);
  return names.includes(undefined) ? null : `{ ${names.join(', ')} }`;
}

function isPrint({ type, callee, arguments: args }: Node): boolean {
  const isLog = callee?.object?.name === 'console' && callee?.property?.name === 'log';
  return type === 'CallExpression' && isLog && args.length === 1;
}

function statementsOf(node: Node): readonly Node[] {
  const own = node.type === 'ExpressionStatement' || node.type === 'VariableDeclaration' ? [node] : [];
  const below = Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]));
  return [...own, ...below.filter((child) => typeof child?.type === 'string').flatMap(statementsOf)];
}
