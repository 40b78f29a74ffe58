/** One polite request: says who asks, follows a few redirects, waits and reads only so much. */

import { resolveUrl } from './url.js';

export const userAgent = 'taskspan-site-audit/1 (+https://www.npmjs.com/package/taskspan)';
const timeoutMs = 10_000;
export const maxBodyBytes = 5 * 1024 * 1024;
const maxRedirects = 10;

export interface Hop {
  readonly url: string;
  readonly status: number;
}

export interface Reply {
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly status: number;
  /** Each redirect on the way; empty if there was none. */
  readonly hops: readonly Hop[];
  /** Set if the redirects led nowhere, in words. `status` is then the last redirect's. */
  readonly astray: string | null;
  /** Lower case, without parameters; '' if the server named none. */
  readonly contentType: string;
  readonly response: Response;
}

/** No answer at all: no such host, no connection, time-out, bad certificate. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/** The server says that it can't answer now. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
  readonly status: number;
  /** What the server asked for with `Retry-After`, in ms; null if it didn't. */
  readonly retryAfterMs: number | null;

  constructor(url: string, response: Response) {
    super(`${url} answers ${response.status}${response.statusText === '' ? '' : ` ${response.statusText}`}`);
    this.status = response.status;
    this.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
  }
}

/**
 * @param stay redirects are followed only while this holds; the first address for which it doesn't is `url` of the reply
 * @throws NetworkError · BusyError for 429 and 5xx · the signal's reason if it is aborted
 */
export async function request(
  url: string,
  method: 'GET' | 'HEAD',
  signal: AbortSignal,
  stay: (url: string) => boolean = () => true,
): Promise<Reply> {
  const hops: Hop[] = [];
  for (let at = url; ; ) {
    const response = await answerOf(at, method, signal);
    const reply = {
      url: at,
      status: response.status,
      hops,
      astray: null,
      contentType: contentTypeOf(response),
      response,
    };
    const location = isRedirect(response.status) ? response.headers.get('location') : null;
    if (location === null) return settled(reply);
    await discardBody(response);
    hops.push({ url: at, status: response.status });
    const next = resolveUrl(location, at);
    if (next.kind !== 'web') return { ...reply, astray: `redirects to '${location}', which is no web address` };
    if (next.url === url || hops.some((hop) => hop.url === next.url))
      return { ...reply, astray: 'redirects in a circle' };
    if (!stay(next.url)) return { ...reply, url: next.url };
    if (hops.length === maxRedirects) return { ...reply, astray: `redirects more than ${maxRedirects} times` };
    at = next.url;
  }
}

/** Lets the connection go without reading what nobody needs. */
export async function discardBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

function settled(reply: Reply): Reply {
  if (reply.status !== 429 && reply.status < 500) return reply;
  void discardBody(reply.response);
  throw new BusyError(reply.url, reply.response);
}

async function answerOf(url: string, method: string, signal: AbortSignal): Promise<Response> {
  const headers = { 'user-agent': userAgent, accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  return onTheNetwork(url, signal, () => {
    return fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  });
}

/** Runs what talks to the network, and says in one word what went wrong there. */
export async function onTheNetwork<T>(url: string, signal: AbortSignal, talk: () => Promise<T>): Promise<T> {
  try {
    return await talk();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new NetworkError(`${url}: ${networkReason(error)}`, { cause: error });
  }
}

function networkReason(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  return reasonsByCode[cause?.code ?? ''] ?? cause?.code ?? cause?.message ?? message;
}

const reasonsByCode: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function contentTypeOf(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The header's seconds or date as a wait, at most two minutes: an audit ends some time. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(waitMs) ? null : Math.min(120_000, Math.max(0, waitMs));
}
