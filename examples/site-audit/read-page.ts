/** What an audit needs to know of a page's HTML, read in one pass. */

import { Parser } from 'htmlparser2';
import { clip } from './text.js';

/** Where something is on its page. */
export interface Place {
  /** In the HTML; in the Markdown file if the page was made from one. */
  readonly line: number;
  /** Text of the nearest heading above; '' before the first. */
  readonly section: string;
}

export interface Anchor extends Place {
  readonly href: string;
  readonly text: string;
}

export interface Image extends Place {
  readonly src: string;
  /** Null if there is no `alt` at all and nothing that says the image is decoration. */
  readonly alt: string | null;
}

export interface Heading extends Place {
  readonly level: number;
  readonly text: string;
}

export interface PageFacts {
  readonly title: string | null;
  /** The `href` of `<base>`. */
  readonly base: string | null;
  readonly anchors: readonly Anchor[];
  readonly images: readonly Image[];
  readonly headings: readonly Heading[];
  /** Everything that a fragment can point to: each `id`, and the `name` of an `<a>`. */
  readonly ids: readonly string[];
  readonly duplicateIds: readonly (Place & { readonly id: string })[];
}

/** Longer texts of links and headings are cut: they are only shown to people. */
const maxTextLength = 120;

type Attributes = Record<string, string>;

/** What collects text until its element closes. */
interface Open {
  readonly tag: string;
  text: string;
  readonly close: (text: string) => void;
}

export function readPage(html: string): PageFacts {
  const facts = { title: null as string | null, base: null as string | null };
  const anchors: Anchor[] = [];
  const images: Image[] = [];
  const headings: Heading[] = [];
  const ids = new Set<string>();
  const duplicateIds: (Place & { id: string })[] = [];
  const open: Open[] = [];
  const lines = lineCounter(html);
  let markedLine: number | null = null;
  /** Inside `<svg>` a title is no page title; inside `<template>` nothing is on the page. */
  const inside = { svg: 0, template: 0 };

  const here = (): Place => ({ line: markedLine ?? lines(parser.startIndex), section: headings.at(-1)?.text ?? '' });
  const begin = (tag: string, close: (text: string) => void): void => void open.push({ tag, text: '', close });

  const noteId = (id: string | undefined): void => {
    if (id === undefined || id === '') return;
    if (ids.has(id)) duplicateIds.push({ id, ...here() });
    ids.add(id);
  };

  const openers: Record<string, (attributes: Attributes) => void> = {
    title() {
      if (inside.svg === 0 && facts.title === null) {
        begin('title', (text) => {
          facts.title = text;
        });
      }
    },
    base(attributes) {
      facts.base ??= attributes.href ?? null;
    },
    a(attributes) {
      // `name` was the way to mark a target before `id`; both on one element are one target.
      if (attributes.name !== attributes.id && attributes.name !== undefined) ids.add(attributes.name);
      const { href } = attributes;
      if (href === undefined) return;
      const place = here();
      begin('a', (text) =>
        anchors.push({ href, text: text || attributes['aria-label'] || attributes.title || '', ...place }),
      );
    },
    area(attributes) {
      const { href, alt } = attributes;
      if (href !== undefined) anchors.push({ href, text: alt ?? '', ...here() });
    },
    img(attributes) {
      for (const part of open) part.text += ` ${attributes.alt ?? ''} `;
      const isDecoration =
        attributes['aria-hidden'] === 'true' || /^(?:presentation|none)$/.test(attributes.role ?? '');
      images.push({ src: attributes.src ?? '', alt: attributes.alt ?? (isDecoration ? '' : null), ...here() });
    },
  };

  const parser = new Parser({
    oncomment(comment) {
      const line = /^line:(\d+)$/.exec(comment)?.[1];
      if (line !== undefined) markedLine = Number(line);
    },
    onopentag(tag, attributes) {
      if (tag === 'svg' || tag === 'template') inside[tag] += 1;
      if (inside.template > 0) return;
      noteId(attributes.id);
      openers[tag]?.(attributes);
      if (/^h[1-6]$/.test(tag)) {
        const place = here();
        begin(tag, (text) => headings.push({ level: Number(tag[1]), text, ...place }));
      }
    },
    ontext(text) {
      for (const part of open) part.text += text;
    },
    onclosetag(tag) {
      if (tag === 'svg' || tag === 'template') inside[tag] = Math.max(0, inside[tag] - 1);
      const at = open.findLastIndex((part) => part.tag === tag);
      if (at === -1) return;
      for (const part of open.splice(at)) part.close(clip(part.text.replace(/\s+/g, ' ').trim(), maxTextLength));
    },
  });
  parser.end(html);

  return { ...facts, anchors, images, headings, ids: [...ids], duplicateIds };
}

/** Line numbers of rising positions, counted once over the whole text. */
function lineCounter(text: string): (index: number) => number {
  let [at, line] = [0, 1];
  return (index) => {
    for (; at < index; at++) if (text.charCodeAt(at) === 10) line += 1;
    return line;
  };
}
