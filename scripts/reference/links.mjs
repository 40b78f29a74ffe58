/** Headings, and links to them. */

/** @import { Entry } from './entries.mjs' */

/**
 * What names mean to a page: a link for each that the reference has.
 *
 * @typedef {object} Links
 * @property {(name: string) => string | undefined} to the target
 * @property {(text: string) => string} prose a docstring's text, with links
 * @property {(type: string) => string} type a type as code, each arm with its link
 */

/** @param {Entry} entry */
export function headingOf({ kind, name }) {
  return kind === 'function' ? `${name}()` : `${kind} ${name}`;
}

/**
 * `taskManager.enqueue()`
 *
 * @param {Entry} entry
 * @param {string} method
 */
export function methodHeading({ name }, method) {
  const owner = name.replace(/^I(?=[A-Z])/, '').replace(/^./, (first) => first.toLowerCase());
  return method.startsWith('[') ? `${owner}${method}()` : `${owner}.${method}()`;
}

/**
 * The id that Git hosts give a heading.
 *
 * @param {string} heading
 */
export function slugOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replace(/ /g, '-');
}

/**
 * @param {ReadonlyMap<string, { readonly page: string, readonly entry: Entry }>} places by name
 * @param {string} page the one that the links stand on
 * @returns {Links}
 */
export function linksOn(places, page) {
  /** @type {Links['to']} */
  const to = (name) => {
    const place = places.get(name);
    return place && `${place.page === page ? '' : place.page}#${slugOf(headingOf(place.entry))}`;
  };
  /** @param {string} code */
  const linked = (code) => {
    const target = (code.match(/\b[A-Z]\w+|^\w+$/g) ?? []).map(to).find((found) => found !== undefined);
    return target === undefined ? `\`${code}\`` : `[\`${code}\`](${target})`;
  };
  return {
    to,
    type: (type) => armsOf(type).map(linked).join(' | '),
    // Errors are named in sentences without backticks.
    prose: (text) =>
      text.replace(/`[^`]+`|\b[A-Z]\w*Error\b|</g, (found) => {
        if (found === '<') return '&lt;';
        const name = found.replace(/^`(\w+)`$/, '$1');
        const target = /^[A-Z]/.test(name) ? to(name) : undefined;
        return target === undefined ? found : `[\`${name}\`](${target})`;
      }),
  };
}

/**
 * The arms of a union. Words and quoted values stay together: none of them has a link.
 *
 * @param {string} type
 */
function armsOf(type) {
  /** @type {string[]} */
  const arms = [''];
  let depth = 0;
  for (const piece of type.split(/( \| |=>|[<>(){}[\]])/)) {
    if (/^[<({[]$/.test(piece)) depth++;
    if (/^[>)}\]]$/.test(piece)) depth--;
    if (piece === ' | ' && depth === 0) arms.push('');
    else arms[arms.length - 1] += piece;
  }
  return type.includes('=>') ? [type] : arms;
}
