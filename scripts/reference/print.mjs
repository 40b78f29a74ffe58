/** Prints declarations as a reader wants to see them: short where they fit a line, one piece a line where they don't. */

/** @import { Node } from './read.mjs' */

const WIDTH = 100;

/**
 * A type on one line, without what says nothing to who reads it: comments, `readonly` of properties, and the
 * `| undefined` of what is optional anyway.
 *
 * @param {string} text
 */
export function inline(text) {
  return short(text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s+/g, ' '))
    .replace(/;(?= \})/g, '')
    .trim();
}

/**
 * `name<T>(a: A, b?: B): R`
 *
 * @param {string} source
 * @param {string} name with what stands before it
 * @param {Node} fn with `params`, `typeParameters`, `returnType`
 */
export function callable(source, name, fn) {
  const types = pieces(source, fn.typeParameters?.params);
  const params = pieces(source, fn.params);
  const returns = fn.returnType == null ? '' : inline(textOf(source, fn.returnType));
  const line = `${name}${angled(types)}(${params.join(', ')})${returns};`;
  if (line.length <= WIDTH) return line;
  const head = `${name}${angled(types)}(`;
  const start = head.length <= WIDTH ? head : `${name}${broken('<', types, '>')}(`;
  return `${params.length === 0 ? `${start})` : `${start}${broken('', params, ')')}`}${returns};`;
}

/**
 * `class Task<T> extends Base`
 *
 * @param {string} source
 * @param {string} name with what stands before it
 * @param {Node} node
 * @param {readonly string[]} bases
 */
export function header(source, name, node, bases) {
  const types = pieces(source, node.typeParameters?.params);
  const tail = bases.length === 0 ? '' : ` extends ${bases.join(', ')}`;
  const line = `${name}${angled(types)}${tail}`;
  return line.length <= WIDTH ? line : `${name}${broken('<', types, '>')}${tail}`;
}

/**
 * `type X = …`: arms of a union and of a condition stand below each other if they don't fit one line.
 *
 * @param {string} source
 * @param {string} name
 * @param {Node} node of the alias
 */
export function alias(source, name, node) {
  const head = `type ${name}${angled(pieces(source, node.typeParameters?.params))} =`;
  const whole = textOf(source, node.typeAnnotation);
  const line = `${head} ${inline(whole)};`;
  if (line.length <= WIDTH && !whole.includes('/*')) return line;
  if (node.typeAnnotation.type === 'TSUnionType') {
    const arms = node.typeAnnotation.types.map((/** @type {Node} */ arm) => `  | ${lines(textOf(source, arm), '  ')}`);
    return `${head}\n${arms.join('\n')};`;
  }
  if (node.typeAnnotation.type === 'TSConditionalType') return `${head}\n${condition(source, node.typeAnnotation)};`;
  if (/^TS(FunctionType|TypeReference|TupleType)$/.test(node.typeAnnotation.type) && !whole.includes('/*')) {
    return `${head}\n  ${inline(whole)};`;
  }
  return `${head} ${lines(whole, '')};`;
}

/**
 * @param {string} source
 * @param {Node} node
 * @returns {string}
 */
export function textOf(source, node) {
  return source.slice(node.start, node.end);
}

/**
 * @param {string} source
 * @param {Node} node
 * @returns {string}
 */
function condition(source, { checkType, extendsType, trueType, falseType }) {
  const test = `${textOf(source, checkType)} extends ${textOf(source, extendsType)} ? ${textOf(source, trueType)}`;
  const rest =
    falseType.type === 'TSConditionalType' ? condition(source, falseType).trimStart() : textOf(source, falseType);
  return `  ${inline(test)}\n  : ${falseType.type === 'TSConditionalType' ? rest : inline(rest)}`;
}

/**
 * As it was written, comments and all, indented by two.
 *
 * @param {string} text
 * @param {string} indent of its further lines
 */
function lines(text, indent) {
  if (!text.includes('/*') && text.length + indent.length <= WIDTH) return inline(text);
  const halved = text.replace(/\n( *)/g, (_, spaces) => `\n${indent}${' '.repeat(spaces.length / 2)}`);
  return short(halved);
}

/** @param {string} text */
function short(text) {
  return text.replace(/\breadonly (?=[^\s:()]+:)/g, '').replace(/(\?: [^;{}]*?) \| undefined(?=[;,)])/g, '$1');
}

/**
 * @param {string} source
 * @param {readonly Node[] | undefined} nodes
 */
function pieces(source, nodes = []) {
  return nodes.map((node) => inline(textOf(source, node)));
}

/** @param {readonly string[]} types */
function angled(types) {
  return types.length === 0 ? '' : `<${types.join(', ')}>`;
}

/**
 * @param {string} open
 * @param {readonly string[]} parts
 * @param {string} close
 */
function broken(open, parts, close) {
  // No comma behind a rest parameter.
  return `${open}\n${parts.map((part) => `  ${part}${part.startsWith('...') ? '' : ','}`).join('\n')}\n${close}`;
}
