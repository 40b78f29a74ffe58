/**
 * What is dear to make is made once, before the first run, and all runs share it.
 *
 *     node examples/one-time-setup.ts
 *
 * A small server stands for a database. The setup opens a pool of two connections to it, once the server is there;
 * eight queries at a time share the two.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer, connect as open, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { Task } from 'taskspan';

/** Answers each line with the line, turned round. */
const server = createServer((socket) => {
  connections += 1;
  createInterface(socket).on('line', (line) => socket.write(`${[...line].reverse().join('')}\n`));
});
let connections = 0;
let setups = 0;
let port = 1;

class Connection {
  readonly #socket: Socket;
  readonly #lines: Interface;
  /** The query before: a connection does one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface(socket);
  }

  ask(query: string): Promise<string> {
    const answer = this.#last.then(async () => {
      this.#socket.write(`${query}\n`);
      return ((await once(this.#lines, 'line')) as [string])[0];
    });
    this.#last = answer;
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }
}

const opened: Connection[] = [];

const query = new Task({
  name: 'query',
  taskSetup: async () => {
    setups += 1;
    for (let i = 0; i < 2; i++) {
      const socket = open(port, '127.0.0.1');
      await once(socket, 'connect');
      opened.push(new Connection(socket));
    }
    return { next: 0, connections: opened };
  },
  taskFunction: async (text: string, pool) => {
    const connection = pool.connections[pool.next++ % pool.connections.length];
    return connection?.ask(text);
  },
});

try {
  await query
    .trigger('too early')
    .catch(() => console.log('The server is not there: the setup failed, and so the run.'));

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);

  const words = ['drawer', 'stressed', 'live', 'parts', 'no', 'keep', 'ten', 'saw'];
  const answers = await Promise.all(words.map((word) => query.trigger(word)));
  console.log(`Answers: ${answers.join(' ')}`);
  console.log(`${query.runCount} runs, ${query.errorCount} failed; ${setups} setups, ${connections} connections.`);
} finally {
  for (const connection of opened) connection.close();
  server.close();
}
