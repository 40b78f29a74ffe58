import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conformance } from '../../src/store/conformance/index.js';
import { type DriverName, type SqliteStore, sqlite } from '../../src/stores/sqlite/index.js';

/** Those that this Node has. */
const drivers: readonly DriverName[] =
  process.getBuiltinModule('node:sqlite') === undefined ? ['libsql'] : ['node:sqlite', 'libsql'];

for (const driver of drivers) {
  conformance(`sqlite (${driver})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'taskspan-'));
    let now = 1_750_000_000_000;
    const open = async (): Promise<SqliteStore> => {
      const store = sqlite({ path: join(folder, 'jobs.db'), driver, synchronous: 'normal', clock: () => now });
      await store.open();
      return store;
    };
    const store = await open();
    return {
      store,
      now: () => now,
      advance(ms) {
        now += ms;
      },
      reopen: open,
      async dispose() {
        await store.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}
