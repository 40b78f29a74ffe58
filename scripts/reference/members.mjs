/** The members of a class or an interface, as a reader sees them. */

import { docstringBefore } from './docstring.mjs';
import { callable, inline, textOf } from './print.mjs';

/**
 * @import { Docstring } from './docstring.mjs'
 * @import { Declarations, Declared, Node } from './read.mjs'
 */

/** @typedef {{ readonly name: string, readonly isOptional: boolean, readonly type: string, readonly doc: Docstring }} Property */

/** @typedef {{ readonly name: string, readonly signature: string, readonly doc: Docstring }} Method */

/** @typedef {{ readonly source: string, readonly node: Node }} Member */

/**
 * All that a class or an interface has.
 *
 * @param {Declarations} declarations
 * @param {ReadonlySet<string>} names
 * @param {Declared} declared
 * @returns {{ properties: readonly Property[], methods: readonly Method[], bases: readonly string[] }}
 */
export function membersOf(declarations, names, declared) {
  const { members, bases } = allMembers(declarations, names, declared);
  const methods = members.filter(({ node }) => node.kind === 'method');
  const methodNames = new Set(methods.map(({ source, node }) => keyOf(source, node)));
  return {
    bases,
    properties: members.filter(({ node }) => node.kind !== 'method').flatMap(propertiesOf),
    // One for all overloads, under the docstring of the first.
    methods: [...methodNames].map((name) =>
      methodOf(
        name,
        methods.filter(({ source, node }) => keyOf(source, node) === name),
      ),
    ),
  };
}

/**
 * Its own members, and those of bases that nobody exports and so nobody can look up.
 *
 * @param {Declarations} declarations
 * @param {ReadonlySet<string>} names
 * @param {Declared} declared
 * @returns {{ members: readonly Member[], bases: readonly string[] }}
 */
function allMembers(declarations, names, { file, text, nodes }) {
  const own = nodes.flatMap(({ node }) =>
    node.body.body.filter(isPublic).map((/** @type {Node} */ one) => ({ source: text, node: one })),
  );
  /** @type {string[]} */
  const bases = [];
  /** @type {Member[]} */
  const inherited = [];
  for (const { node } of nodes) {
    for (const base of node.extends ?? []) {
      const shown = inline(textOf(text, base));
      const found = declarations.find(file, shown);
      if (found === undefined || names.has(shown)) bases.push(shown);
      else {
        const more = allMembers(declarations, names, found);
        inherited.push(...more.members);
        bases.push(...more.bases);
      }
    }
  }
  return { members: [...own, ...inherited], bases };
}

/**
 * The members of `Pick<Hidden, 'a' | 'b'>`, where nobody exports `Hidden`.
 *
 * @param {Declarations} declarations
 * @param {ReadonlySet<string>} names
 * @param {Declared} declared
 * @returns {readonly Property[]}
 */
export function picked(declarations, names, { file, text, nodes }) {
  const type = nodes[0]?.node.typeAnnotation;
  if (type.type !== 'TSTypeReference' || type.typeName.name !== 'Pick') return [];
  const [whole, keys] = type.typeArguments.params;
  const found = declarations.find(file, textOf(text, whole));
  if (found === undefined || names.has(found.name)) return [];
  const wanted = new Set((keys.types ?? [keys]).map((/** @type {Node} */ key) => key.literal.value));
  return membersOf(declarations, names, found).properties.filter(({ name }) => wanted.has(name));
}

/** @param {Node} node */
function isPublic({ type, kind, key, accessibility }) {
  if (type === 'TSIndexSignature' || type === 'TSCallSignatureDeclaration') return false;
  if (kind === 'constructor' || kind === 'set' || key.type === 'PrivateIdentifier') return false;
  return accessibility !== 'private' && accessibility !== 'protected';
}

/**
 * The property, and below it what its own type says of parts: `store.kind`.
 *
 * @param {Member} member
 * @returns {readonly Property[]}
 */
function propertiesOf({ source, node }) {
  const name = keyOf(source, node);
  const type = (node.kind === 'get' ? node.value.returnType : node.typeAnnotation)?.typeAnnotation ?? node.value;
  const isOptional = node.optional === true;
  const property = {
    name,
    isOptional,
    type: shownType(source, type, isOptional),
    doc: docstringBefore(source, node.start),
  };
  const parts = (type.types ?? [type]).flatMap((/** @type {Node} */ arm) =>
    arm.type === 'TSTypeLiteral' ? arm.members : [],
  );
  const said = parts.flatMap((/** @type {Node} */ part) =>
    part.typeAnnotation ? propertiesOf({ source, node: part }) : [],
  );
  return [
    property,
    ...said
      .filter((/** @type {Property} */ part) => part.doc.text !== '')
      .map((/** @type {Property} */ part) => ({ ...part, name: `${name}.${part.name}` })),
  ];
}

/**
 * @param {string} source
 * @param {Node} type
 * @param {boolean} isOptional
 */
function shownType(source, type, isOptional) {
  if (type.type !== 'TSUnionType' || !isOptional) return inline(textOf(source, type));
  const arms = type.types.filter((/** @type {Node} */ arm) => arm.type !== 'TSUndefinedKeyword');
  return arms.map((/** @type {Node} */ arm) => inline(textOf(source, arm))).join(' | ');
}

/**
 * @param {string} name
 * @param {readonly Member[]} overloads
 * @returns {Method}
 */
function methodOf(name, overloads) {
  const [first] = /** @type {[Member]} */ (overloads);
  return {
    name,
    signature: overloads
      .map(({ source, node }) => callable(source, `${name}${node.optional ? '?' : ''}`, node.value ?? node))
      .join('\n'),
    doc: docstringBefore(first.source, first.node.start),
  };
}

/**
 * @param {string} source
 * @param {Node} node
 */
function keyOf(source, { key, computed }) {
  return computed ? `[${textOf(source, key)}]` : textOf(source, key);
}
