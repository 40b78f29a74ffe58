/** Serves a folder on loopback, always on the same port, so that addresses survive a restart. */

import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type Answer, folderAnswer } from './folder-answer.js';
import type { Folder } from './site.js';

/** Another program has the port that this folder's addresses contain. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(folder: Folder) {
    super(
      `Port ${folder.port}, on which ${folder.path} is audited, is taken by another program. Stop that program, or start a new audit on another port: --fresh --port N.`,
    );
  }
}

/** The folders that this process serves, by their port. */
const serving = new Map<number, Promise<Server | null>>();

/**
 * Resolves when the folder is served: by this process from now on, or by another one that works on the same audit.
 *
 * @throws PortTakenError if something else has the port
 */
export async function serveFolder(folder: Folder): Promise<void> {
  const known = serving.get(folder.port) ?? listen(folder);
  serving.set(folder.port, known);
  if ((await known.catch(() => null)) !== null) return;
  // Not ours: ask again next time, since the process that has the port may be gone by then.
  serving.delete(folder.port);
  await known;
}

/** Null if another process serves this very folder there. */
async function listen(folder: Folder): Promise<Server | null> {
  try {
    return await started(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (await isServedElsewhere(folder)) return null;
    throw new PortTakenError(folder);
  }
}

function started(folder: Folder): Promise<Server> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer =
      url.pathname === identityPath ? identity(folder) : await folderAnswer(folder.path, url.pathname).catch(failure);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  });
  // The server serves the audit; by itself it keeps no process alive.
  server.unref();
  server.on('connection', (socket) => socket.unref());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(folder.port, '127.0.0.1', () => resolve(server));
  });
}

const identityPath = '/.site-audit';

function identity(folder: Folder): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: createHash('sha256').update(folder.path).digest('hex'),
  };
}

async function isServedElsewhere(folder: Folder): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${folder.port}${identityPath}`, {
      signal: AbortSignal.timeout(2_000),
    });
    return (await answer.text()) === identity(folder).body;
  } catch {
    return false;
  }
}

function failure(error: unknown): Answer {
  return { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: String(error) };
}
