/** The same for p-queue: `queue.add(fn)` for each. */
import PQueue from 'p-queue';
import { input, perSecond, report, setting } from '../harness/contestant.mjs';
import { CONCURRENCY, watched } from './watched.mjs';

const { triggers, warmUp } = setting();
const seen = watched();
const queue = new PQueue({ concurrency: CONCURRENCY });

const run = (count) =>
  Promise.all(
    Array.from({ length: count }, (_, i) => {
      const given = input(i);
      return queue.add(() => seen.noop(given));
    }),
  );

await run(warmUp);
const begunAt = performance.now();
const results = await run(triggers);
const speed = perSecond(triggers, begunAt);

seen.expect(warmUp + triggers, results);
report({ perSecond: speed });
