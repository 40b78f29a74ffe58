/** What a folder answers to a path: a file, rendered Markdown, a list of what is in a folder, or 404. */

import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { renderMarkdown } from './markdown.js';
import { escapeHtml } from './text.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const indexFiles = ['index.html', 'index.htm', 'index.md', 'README.md', 'readme.md'];

/** @param folder absolute, without symbolic links */
export async function folderAnswer(folder: string, pathname: string): Promise<Answer> {
  const path = await pathWithin(folder, pathname);
  if (path === null) return notFound(pathname);
  if ((await stat(path)).isFile()) return pathname.endsWith('/') ? notFound(pathname) : fileAnswer(path);
  const names = await readdir(path);
  const index = indexFiles.find((name) => names.includes(name));
  const address = pathname.endsWith('/') ? pathname : `${pathname}/`;
  // A redirect, so that the index has one address whether it is linked by its name or by its folder's.
  if (index !== undefined) return redirect(`${address}${index}`);
  return address === pathname ? listing(pathname, names) : redirect(address);
}

/** The pages that a folder holds, as paths of addresses (`/docs/guide.md`), sorted. */
export async function pagesIn(folder: string, only: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const name of only.length === 0 ? ['.'] : only) await collect(join(folder, name), files);
  return files.map((file) => pathOf(relative(folder, file))).sort();
}

async function collect(path: string, files: string[]): Promise<void> {
  // Not through symbolic links: one that points upwards would never end.
  const found = await lstat(path).catch(() => null);
  if (found?.isFile() === true && /\.(?:html?|md)$/i.test(path)) files.push(path);
  if (found?.isDirectory() !== true) return;
  for (const name of await readdir(path)) {
    if (!isHidden(name)) await collect(join(path, name), files);
  }
}

/** Spelled as a link to it would be after resolving. */
function pathOf(file: string): string {
  const url = new URL('http://localhost');
  url.pathname = file.split(sep).join('/').replaceAll('%', '%25');
  return url.pathname;
}

/** Neither `..`, nor a symbolic link, nor a hidden file leads out of what is meant to be seen. */
async function pathWithin(folder: string, pathname: string): Promise<string | null> {
  let names: string[];
  try {
    names = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return null;
  }
  if (names.some((name) => isHidden(name) || /[/\\\0]/.test(name))) return null;
  const real = await realpath(join(folder, ...names)).catch(() => null);
  return real !== null && (real === folder || real.startsWith(folder + sep)) ? real : null;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

async function fileAnswer(path: string): Promise<Answer> {
  const extension = extname(path).toLowerCase();
  if (extension === '.md') return html(200, renderMarkdown(await readFile(path, 'utf8'), basename(path)));
  return {
    status: 200,
    headers: { 'content-type': mimeTypes[extension] ?? 'application/octet-stream' },
    body: await readFile(path),
  };
}

/** A folder without an index is something to link to, as on a code host, but the crawl goes no further. */
function listing(pathname: string, names: readonly string[]): Answer {
  const title = escapeHtml(decodeURIComponent(pathname));
  const items = names.filter((name) => !isHidden(name)).map((name) => `<li>${escapeHtml(name)}</li>`);
  return html(
    200,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><ul>${items.join('')}</ul></html>`,
  );
}

function redirect(location: string): Answer {
  return { status: 302, headers: { location }, body: '' };
}

function notFound(pathname: string): Answer {
  return html(404, `<!doctype html><title>Not found</title><h1>Not found</h1><p>${escapeHtml(pathname)}</p>`);
}

function html(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

const mimeTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.htm': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.pdf': 'application/pdf',
};
