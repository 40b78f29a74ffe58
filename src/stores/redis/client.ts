/** What the store needs of a connection to Redis, whichever package makes it. */

/** A reply: bulk strings are Buffers, absent ones null. */
export type Reply = number | Buffer | string | null | readonly Reply[];

export interface Client {
  /** For people: the server's address without its password. */
  readonly location: string;
  /** Rejects if the server can't be reached. Once. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** @throws the server's error, or the connection's */
  command(name: string, args: readonly (string | number)[]): Promise<Reply>;
  /** Another connection to the same server, for commands that wait. It is opened by itself, and closed with this one at the latest. */
  fork(): Client;
  /**
   * Hears the messages of some channels on a connection of its own, and of each time that connection was made anew, since
   * messages may have been lost: then without a message.
   *
   * @returns ends it
   */
  listen(channels: readonly string[], listener: (message: Buffer | null, channel: string) => void): () => void;
}

export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString('utf8') : String(reply ?? '');
}

/** Null where the reply has none. */
export function textOrNull(reply: Reply | undefined): string | null {
  return reply === null || reply === undefined ? null : textOf(reply);
}

export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

export function textsOf(reply: Reply | undefined): readonly string[] {
  return listOf(reply).map(textOf);
}
