/** What a docstring says: its sentences, and its tags. */

/**
 * @typedef {object} Docstring
 * @property {string} text Markdown, lines as they were written
 * @property {readonly { readonly name: string, readonly text: string }[]} params
 * @property {string} returns
 * @property {readonly string[]} throws
 * @property {readonly string[]} examples code
 */

/**
 * The docstring right before a position.
 *
 * @param {string} source
 * @param {number} start
 * @returns {Docstring}
 */
export function docstringBefore(source, start) {
  const before = source.slice(0, start).trimEnd();
  const begin = before.lastIndexOf('/*');
  const isOne = before.endsWith('*/') && before.startsWith('/**', begin);
  return parseDocstring(isOne ? before.slice(begin + 3, -2) : '');
}

// Ours stand behind a sentence too, not only at the start of a line. Other words with @ are text (`@daily`).
const TAG = /(?:^|\s)@(param|returns|throws|example)\b/;

/**
 * @param {string} comment without its delimiters
 * @returns {Docstring}
 */
function parseDocstring(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const [text = '', ...tags] = lines.join('\n').split(TAG);
  /** @type {Map<string, string[]>} */
  const byTag = new Map();
  for (let i = 0; i < tags.length; i += 2) {
    const tag = /** @type {string} */ (tags[i]);
    byTag.set(tag, [...(byTag.get(tag) ?? []), (tags[i + 1] ?? '').replace(/^ /, '').trim()]);
  }
  return {
    text: text.trim(),
    params: (byTag.get('param') ?? []).map((param) => {
      const [, name = '', what = ''] = /^(\S+)\s*([\s\S]*)$/.exec(param) ?? [];
      return { name, text: what };
    }),
    returns: (byTag.get('returns') ?? []).join(' '),
    throws: byTag.get('throws') ?? [],
    examples: byTag.get('example') ?? [],
  };
}
