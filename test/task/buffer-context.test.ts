import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';

describe('the async context of a buffered trigger', () => {
  it('given one waits behind another’s, when it runs, then it sees its own caller’s', async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = task('look', async () => void seen.push(request.getStore()), { buffered: true });
    await Promise.all(['one', 'other'].map((name) => request.run(name, () => look.trigger())));
    expect(seen).toEqual(['one', 'other']);
  });
});
