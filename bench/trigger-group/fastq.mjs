/** The same for fastq: its queue of promises has one function for all, and is pushed their inputs. */
import fastq from 'fastq';
import { input, perSecond, report, setting } from '../harness/contestant.mjs';
import { CONCURRENCY, watched } from './watched.mjs';

const { triggers, warmUp } = setting();
const seen = watched();
const queue = fastq.promise(seen.noop, CONCURRENCY);

const run = (count) => Promise.all(Array.from({ length: count }, (_, i) => queue.push(input(i))));

await run(warmUp);
const begunAt = performance.now();
const results = await run(triggers);
const speed = perSecond(triggers, begunAt);

seen.expect(warmUp + triggers, results);
report({ perSecond: speed });
