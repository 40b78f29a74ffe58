/**
 * The same for plainjob. Its `add` is synchronous and a commit of its own, so callers in flight can't help it: a plain
 * loop is its best.
 */
import { join } from 'node:path';
import { JobStatus } from 'plainjob';
import { expectCount, input, perSecond, report, setting, temporaryFolder } from '../harness/contestant.mjs';
import { openQueue } from '../harness/plainjob.mjs';

const { jobs } = setting();
const { queue, sqlite } = openQueue(join(temporaryFolder(), 'jobs.db'));
const begunAt = performance.now();
for (let i = 0; i < jobs; i++) queue.add('noop', input(i));
const speed = perSecond(jobs, begunAt);

expectCount(queue.countJobs({ status: JobStatus.Pending }), jobs, 'pending jobs');
report({ perSecond: speed, sqlite });
queue.close();
