/** A server that forgets its scripts. */

import { expect, it, onTestFinished } from 'vitest';
import { audit } from '../audit.js';
import { startRedis } from '../servers/index.js';
import { Load } from './load.js';

it('given managers at work, when the server forgets its scripts 30 times, then all goes on, nobody complains, and each job runs once', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const load = await new Load(server.url).start();
  load.flow();
  for (let i = 0; i < 30; i++) {
    await load.progress(20);
    await server.cli('SCRIPT', 'FLUSH');
  }
  await load.stopFlow();
  await load.expectAllDone();
  expect({ refused: load.refused, errors: load.errors, repeated: load.repeated }).toEqual({
    refused: [],
    errors: [[], []],
    repeated: [],
  });
  await load.close();
  await audit(server.url);
});
