/** The same for p-limit: `limit(fn, input)` for each. */
import pLimit from 'p-limit';
import { input, perSecond, report, setting } from '../harness/contestant.mjs';
import { CONCURRENCY, watched } from './watched.mjs';

const { triggers, warmUp } = setting();
const seen = watched();
const limit = pLimit(CONCURRENCY);

const run = (count) => Promise.all(Array.from({ length: count }, (_, i) => limit(seen.noop, input(i))));

await run(warmUp);
const begunAt = performance.now();
const results = await run(triggers);
const speed = perSecond(triggers, begunAt);

seen.expect(warmUp + triggers, results);
report({ perSecond: speed });
