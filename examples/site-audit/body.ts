/** The text of a reply, read up to a limit and decoded as the page says. */

import { maxBodyBytes, onTheNetwork, type Reply } from './request.js';

export interface Body {
  readonly text: string;
  readonly sizeBytes: number;
  /** The page is longer than the limit; `text` is its beginning. */
  readonly isCut: boolean;
}

/** @throws NetworkError if the connection breaks · the signal's reason if it is aborted */
export async function readBody(reply: Reply, signal: AbortSignal): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  await onTheNetwork(reply.url, signal, async () => {
    // Leaving the loop early cancels the stream, and with it the download.
    for await (const chunk of reply.response.body ?? []) {
      chunks.push(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBodyBytes) break;
    }
  });
  const bytes = Buffer.concat(chunks).subarray(0, maxBodyBytes);
  const label =
    charset(reply.response.headers.get('content-type') ?? '') ?? charset(bytes.subarray(0, 1024).toString('latin1'));
  return { text: decode(bytes, label ?? 'utf-8'), sizeBytes: bytes.byteLength, isCut: sizeBytes > maxBodyBytes };
}

function charset(text: string): string | null {
  return /charset\s*=\s*["']?([\w-]+)/i.exec(text)?.[1] ?? null;
}

function decode(bytes: Uint8Array, label: string): string {
  // NUL has no place in a page, and none in a job's result.
  return decoder(label).decode(bytes).replaceAll('\0', '\uFFFD');
}

function decoder(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder('utf-8');
  }
}
