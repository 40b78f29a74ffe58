/**
 * Module hooks: TypeScript on every supported Node, and one copy of taskspan.
 *
 * The same two functions serve `module.registerHooks` (in this thread) and, on Node 20, `module.register` (in a thread
 * of the loader's own, which has this file loaded a second time and calls `initialize`). So they neither await nor
 * look at what the next hook answers, which is a promise in one and a value in the other.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { transformSync } from '@swc/wasm-typescript';

type Next<TContext> = (what: string, context?: TContext) => unknown;

interface ResolveContext {
  readonly parentURL?: string | undefined;
}

/** Told of each local file that is loaded, or looked for in vain, just before it is read. */
type Report = (path: string) => void;

let report: Report = () => {};

export function reportTo(next: Report): void {
  report = next;
}

export function initialize({ port }: { readonly port: MessagePort }): void {
  reportTo((path) => port.postMessage(path));
}

export function resolve(specifier: string, context: ResolveContext, next: Next<ResolveContext>): unknown {
  // A second copy would have a second class Task, so whatever is installed there, taskspan is the one that runs this.
  if (/^taskspan(\/|$)/.test(specifier)) return next(specifier, { ...context, parentURL: import.meta.url });
  const target = localTarget(specifier, context.parentURL);
  if (target === null || existsSync(target)) return next(specifier, context);
  // TypeScript wants imports to name the file that will be built.
  const source = new URL(target.href.replace(/\.(m?)js$/, '.$1ts'));
  if (existsSync(source)) return next(source.href, context);
  for (const missing of [target, source]) report(fileURLToPath(missing));
  return next(specifier, context);
}

export function load(url: string, context: unknown, next: Next<unknown>): unknown {
  if (!url.startsWith('file:') || url.startsWith(ownFolder)) return next(url, context);
  const path = fileURLToPath(url);
  if (!path.includes('/node_modules/')) report(path);
  if (!/\.m?ts$/.test(path)) return next(url, context);
  return { format: 'module', source: toJavaScript(readFileSync(path, 'utf8'), path), shortCircuit: true };
}

const ownFolder = new URL('..', import.meta.url).href;

/** The file that a relative import means, or null. */
function localTarget(specifier: string, parentURL: string | undefined): URL | null {
  if (!/^(\.{0,2}\/|file:)/.test(specifier) || (parentURL !== undefined && !parentURL.startsWith('file:'))) return null;
  const url = new URL(specifier, parentURL);
  url.search = '';
  url.hash = '';
  return url;
}

/**
 * Types become blanks, so that lines and columns stay; only what has to become code (enum, namespace, parameter
 * properties) is written anew, with a source map.
 *
 * @throws SyntaxError whose message begins with `path:line:column`
 */
export function toJavaScript(source: string, path: string): string {
  const options = { filename: path, module: true } as const;
  try {
    return transformSync(source, { ...options, mode: 'strip-only' }).code;
  } catch (error) {
    if ((error as SwcError).code !== 'UnsupportedSyntax') throw located(error as SwcError, path);
  }
  try {
    const { code, map = '' } = transformSync(source, { ...options, mode: 'transform', sourceMap: true });
    const sources = JSON.stringify({ ...JSON.parse(map), sources: [path] });
    return `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(sources).toString('base64')}\n`;
  } catch (error) {
    throw located(error as SwcError, path);
  }
}

/** What swc throws: a plain object. */
interface SwcError {
  readonly code: string;
  readonly message: string;
  readonly snippet?: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

function located({ message, snippet, startLine, startColumn = 0 }: SwcError, path: string): SyntaxError {
  const place = startLine === undefined ? path : `${path}:${startLine}:${startColumn + 1}`;
  const error = new SyntaxError(`${place}: ${message}${snippet === undefined ? '' : `\n\n${snippet.trimEnd()}`}`);
  // Where in this file it was thrown says nothing, and Node 20 shows it.
  error.stack = `SyntaxError: ${error.message}`;
  return error;
}
