import { conformance } from '../../src/store/conformance/index.js';
import { memory } from '../../src/stores/memory/index.js';

conformance('memory', async () => {
  let now = Date.UTC(2031, 4, 17);
  const store = memory({ clock: () => now });
  await store.open();
  return {
    store,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    dispose: () => store.close(),
  };
});
