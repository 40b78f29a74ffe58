/** Visits one address: a page is read, anything else is only asked for. */

import { readBody } from './body.js';
import type { Check } from './plan.js';
import { readPage } from './read-page.js';
import { discardBody, maxBodyBytes, type Reply, request } from './request.js';
import { fitPage, type PageContent, pageContent, type Visit, visitOf } from './results.js';

/** What came of it, and the addresses that it names. */
export interface Visited {
  readonly visit: Visit;
  readonly names: readonly string[];
}

export async function askForPage({ url, plan }: Check, signal: AbortSignal): Promise<Reply> {
  return request(url, 'GET', signal, (next) => new URL(next).origin === plan.site.origin);
}

export async function readReply(url: string, reply: Reply, signal: AbortSignal): Promise<Visited> {
  // Behind a redirect is another address, and its own job reads it.
  const isPage =
    reply.status < 300 && reply.hops.length === 0 && /^(?:text\/html|application\/xhtml\+xml)$/.test(reply.contentType);
  if (!isPage) {
    await discardBody(reply.response);
    return { visit: visitOf(url, reply), names: redirectTarget(reply) };
  }
  const body = await readBody(reply, signal);
  const whole = pageContent(url, readPage(body.text));
  const page: PageContent = body.isCut ? { ...whole, findings: [...whole.findings, tooLarge] } : whole;
  return { visit: visitOf(url, reply, fitPage(page)), names: [...new Set(page.uses.map((use) => use.url))] };
}

/** HEAD first; some servers don't know it or answer it wrongly, so a refusal counts only if GET gets it too. */
export async function visitLink({ url }: Check, signal: AbortSignal): Promise<Visited> {
  const head = await request(url, 'HEAD', signal).catch((error: unknown) => {
    if (isHeadRefused(error)) return null;
    throw error;
  });
  if (head !== null && head.status < 400) return { visit: visitOf(url, head), names: [] };
  const reply = await request(url, 'GET', signal);
  await discardBody(reply.response);
  return { visit: visitOf(url, reply), names: [] };
}

function isHeadRefused(error: unknown): boolean {
  const { status } = error as { status?: number };
  return status === 500 || status === 501;
}

function redirectTarget({ hops, astray, status, url }: Reply): string[] {
  return hops.length > 0 && astray === null && status < 400 ? [url] : [];
}

const tooLarge = {
  code: 'page-too-large',
  message: `Only the first ${maxBodyBytes / 1024 / 1024} MB were read.`,
} as const;
