import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../src/store/conformance/index.js';
import { redis } from '../../src/stores/redis/index.js';
import { type RedisServer, startRedis } from './servers/index.js';
import { subject } from './subject.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

conformance(
  'redis',
  subject(
    () => server,
    () => redis,
  ),
);
