/** A Lua script of the store: run by its hash, and sent whole to a server that doesn't know it (yet, or any more). */

import type { Client, Reply } from './client.js';

export class Script {
  readonly name: string;
  readonly source: string;
  /** Where its reply has the number of writes; null if it has none. */
  readonly writesAt: number | null;
  readonly #sha: string;

  constructor(name: string, parts: readonly string[], writesAt: number | null = null) {
    this.name = name;
    this.source = parts.join('');
    this.writesAt = writesAt;
    const { createHash } = process.getBuiltinModule('node:crypto');
    this.#sha = createHash('sha1').update(this.source).digest('hex');
  }

  /**
   * @param prefix of all keys that it may touch
   * @param args its named arguments, sent as one JSON text; undefined ones are left out
   * @param values what stands beside them
   * @param heard hears each reply as soon as it comes, so in the order of the replies
   */
  async run(
    client: Client,
    prefix: string,
    args: object,
    values: readonly string[],
    heard: (script: Script, reply: Reply) => void,
  ): Promise<Reply> {
    // Two keys that are never there: while a Cluster moves their slot, a node that has only a part of what the script
    // needs answers TRYAGAIN. For a single one it would run the script.
    const own = [2, prefix, `${prefix}!`, JSON.stringify(args)];
    const hear = (reply: Reply): Reply => {
      heard(this, reply);
      return reply;
    };
    try {
      return await client.command('EVALSHA', [this.#sha, ...own, ...values]).then(hear);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.command('EVAL', [this.source, ...own, ...values]).then(hear);
    }
  }
}
