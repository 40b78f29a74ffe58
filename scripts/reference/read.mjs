/** Reads what an entry point exports, from the declarations that the build emits. */

import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseAst } from 'vitest/node';

/**
 * A node of a syntax tree. Its fields differ by type; each use narrows what it reads.
 *
 * @typedef {{ readonly type: string, readonly start: number, readonly end: number, readonly [field: string]: any }} Node
 */

/**
 * A declared name: all its nodes (a function has one an overload), and the text that they lie in.
 *
 * @typedef {object} Declared
 * @property {string} name
 * @property {string} file below the folder, without its ending: `task/task`
 * @property {string} text of the whole file
 * @property {readonly { readonly node: Node, readonly start: number }[]} nodes `start` is where `export` stands
 */

/** @typedef {{ readonly from: string, readonly name: string }} Origin where a name comes from */

/**
 * @typedef {object} File
 * @property {Map<string, Declared>} locals
 * @property {Map<string, Origin>} imports by local name
 * @property {Map<string, Origin>} exports by exported name
 * @property {string[]} stars files that are exported whole
 */

export class Declarations {
  #folder;
  /** @type {Map<string, File>} */
  #files = new Map();

  /** @param {string} folder of the emitted declarations */
  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * In the order in which the file exports them.
   *
   * @param {string} file below the folder, without `.d.ts`
   * @returns {readonly Declared[]} each under its exported name
   */
  exportsOf(file) {
    const { exports, stars } = this.#file(file);
    const named = [...exports].map(([name, origin]) => {
      const found = this.find(origin.from, origin.name);
      if (found === undefined) throw new Error(`${file} exports ${name}, which ${origin.from} doesn't declare.`);
      return { ...found, name };
    });
    return [...named, ...stars.flatMap((star) => this.exportsOf(star))];
  }

  /**
   * What a name means in a file: declared there, imported, or passed on by it.
   *
   * @param {string} file
   * @param {string} name
   * @returns {Declared | undefined} undefined for a name of the platform or of another package
   */
  find(file, name) {
    const { locals, imports, exports, stars } = this.#file(file);
    const here = locals.get(name);
    if (here !== undefined) return here;
    const origin = imports.get(name) ?? exports.get(name);
    if (origin !== undefined && (origin.from !== file || origin.name !== name)) {
      return this.find(origin.from, origin.name);
    }
    for (const star of stars) {
      const found = this.find(star, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** @param {string} file */
  #file(file) {
    let read = this.#files.get(file);
    if (read === undefined) {
      read = readDeclarations(file, readFileSync(join(this.#folder, `${file}.d.ts`), 'utf8'));
      this.#files.set(file, read);
    }
    return read;
  }
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {File}
 */
function readDeclarations(file, text) {
  /** @type {File} */
  const read = { locals: new Map(), imports: new Map(), exports: new Map(), stars: [] };
  const program = /** @type {{ body: readonly Node[] }} */ (/** @type {unknown} */ (parseAst(text, { lang: 'dts' })));
  for (const statement of program.body) {
    const source = statement.source === undefined ? undefined : sourceOf(file, statement);
    if (statement.type === 'ImportDeclaration') {
      if (source === undefined) continue;
      for (const { local, imported } of statement.specifiers) {
        if (imported !== undefined) read.imports.set(local.name, { from: source, name: imported.name });
      }
    } else if (statement.type === 'ExportAllDeclaration') {
      if (source !== undefined) read.stars.push(source);
    } else if (statement.type === 'ExportNamedDeclaration' && statement.declaration === null) {
      for (const { local, exported } of statement.specifiers) {
        read.exports.set(exported.name, { from: source ?? file, name: local.name });
      }
    } else {
      const node = statement.declaration ?? statement;
      for (const name of namesOf(node)) {
        const declared = read.locals.get(name) ?? { name, file, text, nodes: [] };
        read.locals.set(name, { ...declared, nodes: [...declared.nodes, { node, start: statement.start }] });
        if (statement.type === 'ExportNamedDeclaration') read.exports.set(name, { from: file, name });
      }
    }
  }
  return read;
}

/**
 * @param {string} file
 * @param {Node} statement
 * @returns {string | undefined} the file that it names, undefined if that is none of ours
 */
function sourceOf(file, statement) {
  const specifier = statement.source?.value;
  if (typeof specifier !== 'string' || !specifier.startsWith('.')) return undefined;
  return normalize(join(dirname(file), specifier.replace(/\.js$/, '')));
}

/**
 * @param {Node} node
 * @returns {readonly string[]}
 */
function namesOf(node) {
  if (node.type === 'VariableDeclaration') return node.declarations.map((/** @type {Node} */ one) => one.id.name);
  return typeof node.id?.name === 'string' ? [node.id.name] : [];
}
