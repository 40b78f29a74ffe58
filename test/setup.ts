/** Property tests draw the same cases each time; TASKSPAN_SEED draws others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.TASKSPAN_SEED ?? 20260101) });
