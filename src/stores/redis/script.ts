/** A Lua script of the store: run by its hash, and sent whole to a server that doesn't know it (yet, or any more). */

import type { Client, Reply } from './client.js';

export class Script {
  readonly name: string;
  readonly source: string;
  readonly #sha: string;

  constructor(name: string, parts: readonly string[]) {
    this.name = name;
    this.source = parts.join('');
    const { createHash } = process.getBuiltinModule('node:crypto');
    this.#sha = createHash('sha1').update(this.source).digest('hex');
  }

  /**
   * @param prefix of all keys that it may touch
   * @param args its named arguments, sent as one JSON text; undefined ones are left out
   * @param values what stands beside them
   */
  async run(client: Client, prefix: string, args: object, values: readonly string[] = []): Promise<Reply> {
    const own = [prefix, JSON.stringify(args)];
    try {
      return await client.command('EVALSHA', [this.#sha, 1, ...own, ...values]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.command('EVAL', [this.source, 1, ...own, ...values]);
    }
  }
}
