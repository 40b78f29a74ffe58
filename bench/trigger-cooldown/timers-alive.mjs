/** Counts timers from its import on, also those that don't keep the process alive. */
import { createHook } from 'node:async_hooks';

const alive = new Set();
createHook({
  init(id, type) {
    if (type === 'Timeout') alive.add(id);
  },
  destroy(id) {
    alive.delete(id);
  },
}).enable();

export const timersAlive = () => alive.size;
