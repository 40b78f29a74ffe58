/** Judges a page by itself: title, headings, ids, alternative texts. */

import type { Finding } from './findings.js';
import type { Heading, PageFacts } from './read-page.js';
import { clip } from './text.js';

export function checkPage(facts: PageFacts): Finding[] {
  return [...checkTitle(facts), ...checkHeadings(facts.headings), ...checkIds(facts), ...checkImages(facts)];
}

function checkTitle({ title }: PageFacts): Finding[] {
  if (title === null) return [{ code: 'title-missing', message: 'The page has no <title>.' }];
  return title === '' ? [{ code: 'title-missing', message: 'The <title> is empty.' }] : [];
}

function checkHeadings(headings: readonly Heading[]): Finding[] {
  const first = headings.filter((heading) => heading.level === 1);
  const findings: Finding[] = [];
  if (first.length === 0) findings.push({ code: 'h1-missing', message: 'The page has no <h1>.' });
  for (const { text, line } of first.slice(1)) {
    findings.push({
      code: 'h1-multiple',
      message: `'${text}' is another <h1>; '${first[0]?.text}' is the first.`,
      line,
      text,
    });
  }
  for (const { level, line, section, text } of headings) {
    if (text === '') findings.push({ code: 'heading-empty', message: `An <h${level}> without text.`, line, section });
  }
  return [...findings, ...skippedLevels(headings)];
}

/** A page may begin at any level, and close several at once; it may open only one at a time. */
function skippedLevels(headings: readonly Heading[]): Finding[] {
  return headings.flatMap(({ level, line, text }, i): Finding[] => {
    const above = headings[i - 1];
    if (above === undefined || level <= above.level + 1) return [];
    const message = `<h${level}> '${text}' follows <h${above.level}> '${above.text}'; <h${above.level + 1}> is skipped.`;
    return [{ code: 'heading-skipped', message, line, text }];
  });
}

function checkIds({ duplicateIds }: PageFacts): Finding[] {
  return duplicateIds.map(({ id, line, section }) => {
    return { code: 'id-duplicate', message: `The id '${id}' is on the page already.`, line, section, text: id };
  });
}

function checkImages({ images }: PageFacts): Finding[] {
  return images
    .filter((image) => image.alt === null)
    .map(({ src, line, section }) => ({
      code: 'image-alt-missing',
      message: 'The image has no alt attribute.',
      line,
      section,
      target: clip(src, 200),
    }));
}
