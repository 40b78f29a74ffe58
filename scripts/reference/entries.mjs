/** What the reference says of an exported name: its signature, what it is, and its members. */

import { docstringBefore } from './docstring.mjs';
import { membersOf, picked } from './members.mjs';
import { alias, callable, header, inline, textOf } from './print.mjs';

/**
 * @import { Docstring } from './docstring.mjs'
 * @import { Method, Property } from './members.mjs'
 * @import { Declarations, Declared, Node } from './read.mjs'
 */

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} specifier what it is imported from: `taskspan/sqlite`
 * @property {string} file that declares it: `task/task`
 * @property {'function' | 'class' | 'interface' | 'type' | 'const'} kind
 * @property {string} signature code; empty where the members say it all
 * @property {Docstring} doc
 * @property {Docstring} making of the constructor
 * @property {readonly Property[]} properties
 * @property {readonly Method[]} methods
 * @property {readonly string[]} bases exported ones, whose members it has too: `Omit<TaskSettings, 'setup'>`
 */

const nothing = docstringBefore('', 0);

/**
 * All that the entry points export, in their order.
 *
 * @param {Declarations} declarations
 * @param {Readonly<Record<string, string>>} entryPoints the file behind each specifier
 * @returns {readonly Entry[]}
 */
export function entriesOf(declarations, entryPoints) {
  const exported = Object.entries(entryPoints).flatMap(([specifier, file]) =>
    declarations.exportsOf(file).map((declared) => ({ specifier, declared })),
  );
  const names = new Set(exported.map(({ declared }) => declared.name));
  return exported.map(({ specifier, declared }) => entryOf(declarations, names, specifier, declared));
}

/**
 * @param {Declarations} declarations
 * @param {ReadonlySet<string>} names all that the entry points export
 * @param {string} specifier
 * @param {Declared} declared
 * @returns {Entry}
 */
function entryOf(declarations, names, specifier, declared) {
  const { name, file, text, nodes } = declared;
  const [{ node, start }] = /** @type {[Declared['nodes'][number]]} */ (nodes);
  /** @type {Entry} */
  const entry = {
    name,
    specifier,
    file,
    kind: 'type',
    signature: '',
    doc: docstringBefore(text, start),
    making: nothing,
    properties: [],
    methods: [],
    bases: [],
  };
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction': {
      const overloads = nodes.map((one) => callable(text, `function ${name}`, one.node));
      return { ...entry, kind: 'function', signature: overloads.join('\n\n') };
    }
    case 'VariableDeclaration':
      return { ...entry, kind: 'const', signature: `const ${inline(textOf(text, node.declarations[0]))};` };
    case 'ClassDeclaration': {
      const members = membersOf(declarations, names, declared);
      const base = node.superClass === null ? '' : textOf(text, node.superClass);
      return {
        ...entry,
        kind: 'class',
        ...members,
        ...makingOf(text, name, node),
        bases: names.has(base) ? [base] : [],
      };
    }
    case 'TSInterfaceDeclaration': {
      const members = membersOf(declarations, names, declared);
      const isPlain = node.typeParameters === null && members.bases.length === 0;
      const signature = isPlain ? '' : `${header(text, `interface ${name}`, node, members.bases)} { … }`;
      return { ...entry, kind: 'interface', signature, ...members };
    }
    case 'TSTypeAliasDeclaration': {
      const properties = picked(declarations, names, declared);
      return { ...entry, signature: properties.length > 0 ? '' : alias(text, name, node), properties };
    }
    default:
      throw new Error(`${specifier} exports ${name}, a ${node.type}: the reference has no form for that yet.`);
  }
}

/**
 * A class as its header and its constructor.
 *
 * @param {string} text
 * @param {string} name
 * @param {Node} node
 * @returns {Pick<Entry, 'signature' | 'making'>}
 */
function makingOf(text, name, node) {
  const head = header(text, `class ${name}`, node, node.superClass === null ? [] : [textOf(text, node.superClass)]);
  const maker = node.body.body.find((/** @type {Node} */ one) => one.kind === 'constructor');
  if (maker === undefined) return { signature: `${head} { … }`, making: nothing };
  const line = callable(text, 'constructor', maker.value).replace(/^/gm, '  ');
  return { signature: `${head} {\n${line}\n}`, making: docstringBefore(text, maker.start) };
}
