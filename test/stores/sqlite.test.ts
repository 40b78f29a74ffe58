import { conformance } from '../../src/store/conformance/index.js';
import type { SqliteStore } from '../../src/stores/sqlite/index.js';
import { drivers, SqliteFile } from './sqlite-file.js';

for (const driver of drivers) {
  conformance(`sqlite (${driver})`, async () => {
    const file = new SqliteFile();
    const open = (): Promise<SqliteStore> => file.open({ driver, synchronous: 'normal' });
    return {
      store: await open(),
      now: () => file.now,
      advance(ms) {
        file.now += ms;
      },
      reopen: open,
      dispose: () => file.dispose(),
    };
  });
}
