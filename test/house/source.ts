/** What the house test reads: the files of the repository, and what each source file imports and declares. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The file of `src` that it means; undefined for a package, a Node module or `#drivers`. */
  readonly file: string | undefined;
  /** Gone after compilation. */
  readonly isType: boolean;
  /** `await import()` inside a `try` block. */
  readonly isGuarded: boolean;
  readonly isDynamic: boolean;
}

export interface FunctionSize {
  readonly name: string;
  readonly lines: number;
}

export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSize[];
  /** `Date.now`, `process.env`, `setTimeout`: what a file takes from its surroundings without being given it. */
  readonly ambient: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // The fields of a syntax tree differ by type; each use below narrows what it reads.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [field: string]: any;
}

/** Every file below the folders, as paths from the root; what is installed, built or ignored is left out. */
export function filesOf(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) => walk(folder)).sort();
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** How many lines a file has. */
export function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** Reads a TypeScript file of `src`. */
export function readSource(path: string): SourceFile {
  const text = textOf(path);
  const imports: Import[] = [];
  const functions: FunctionSize[] = [];
  const ambient = new Set<string>();
  const program = parseAst(text, { lang: 'ts' }, path) as unknown as Node;
  visit(program, [], (node, ancestors) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push(describeImport(path, specifier, node, ancestors));
    if (node.type.includes('Function') && node.body?.type === 'BlockStatement') {
      functions.push({ name: nameOf(node, ancestors), lines: linesOf(text.slice(node.start, node.end)) });
    }
    const taken = ambientOf(node);
    if (taken !== undefined) ambient.add(taken);
  });
  return { path, lines: linesOf(text), imports, functions, ambient: [...ambient] };
}

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.taskspan']);

function walk(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path) : [path];
  });
}

function visit(node: Node, ancestors: readonly Node[], see: (node: Node, ancestors: readonly Node[]) => void): void {
  see(node, ancestors);
  const below = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') visit(child, below, see);
    }
  }
}

function specifierOf(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source?.value;
    default:
      return undefined;
  }
}

function describeImport(path: string, specifier: string, node: Node, ancestors: readonly Node[]): Import {
  const isDynamic = node.type === 'ImportExpression';
  const isNamedType = node.specifiers?.length > 0 && node.specifiers.every((one: Node) => one.importKind === 'type');
  return {
    specifier,
    file: specifier.startsWith('.') ? join(dirname(path), specifier).replace(/\.js$/, '.ts') : undefined,
    isType: node.importKind === 'type' || node.exportKind === 'type' || node.type === 'TSImportType' || isNamedType,
    isDynamic,
    isGuarded:
      isDynamic && ancestors.some((one, index) => one.type === 'TryStatement' && one.block === ancestors[index + 1]),
  };
}

function nameOf(node: Node, ancestors: readonly Node[]): string {
  const parent = ancestors.at(-1);
  return node.id?.name ?? parent?.key?.name ?? parent?.id?.name ?? 'anonymous';
}

const AMBIENT_OBJECTS = new Set(['process', 'performance', 'crypto']);
const AMBIENT_MEMBERS = new Set(['Date.now', 'Math.random']);
const AMBIENT_CALLS = new Set(['setTimeout', 'setInterval', 'setImmediate', 'Date']);

function ambientOf(node: Node): string | undefined {
  if (node.type === 'MemberExpression' && node.object.type === 'Identifier') {
    const member = `${node.object.name}.${node.property.name}`;
    if (AMBIENT_MEMBERS.has(member) || AMBIENT_OBJECTS.has(node.object.name)) return member;
  }
  if (node.type === 'CallExpression' && AMBIENT_CALLS.has(node.callee.name)) return `${node.callee.name}()`;
  if (node.type === 'NewExpression' && node.callee.name === 'Date' && node.arguments.length === 0) return 'new Date()';
  return undefined;
}
