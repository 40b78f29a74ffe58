/** Makes sure that the servers which tests start are installed; what starts them is in test/redis/servers/. */
import { readyRedis } from './services/redis.mjs';

try {
  console.log(await readyRedis());
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
