/** Where there is no Node: only memory has a URL; other stores come from their factories. */

import { OptionError } from '../core/errors.js';
import type { Store } from '../store/index.js';
import { memory } from '../stores/memory/index.js';

/** @throws OptionError for anything but `memory:` */
export function openStore(url: string): Store {
  if (url === 'memory:' || url === 'memory') return memory();
  throw new OptionError(
    `Store URL '${url}' can't be opened here: URLs are a convenience of Node. Make the store with its factory and pass it as \`store\`.`,
  );
}

export function processName(): string {
  return 'worker';
}
