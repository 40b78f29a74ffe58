/** What to do about each thing that keeps a job from running. */

import { shellWord } from '../../core/shell.js';
import type { Cause, JobSnapshot } from '../../index.js';
import type { Paint } from '../terminal.js';
import { wrapped } from './text.js';
import { stamp } from './when.js';

/** Null where nothing must be done. */
export function adviceFor({ code, until }: Cause, job: JobSnapshot): string | null {
  const { id, queue, task } = job;
  switch (code) {
    case 'not-due':
      return `It runs by itself${until === null ? '' : ` at ${stamp(until)}`}. To run it sooner: manager.promote('${id}').`;
    case 'queue-paused':
      return `taskspan resume ${shellWord(queue)}`;
    case 'queue-full':
      return `Wait, or raise the limit: manager.setQueueConcurrency('${queue}', n). What runs: taskspan ls --queue ${shellWord(queue)} --state running`;
    case 'constraint-full':
      return 'It follows when a run that holds the key ends. If that one hangs: taskspan cancel it.';
    case 'constraint-cooling':
      return 'Nothing: it runs by itself then.';
    case 'buffer-full':
      return null;
    case 'unknown-task':
      return `Start a worker whose code has task '${task}' in queue '${queue}', or give the job up: taskspan cancel ${shellWord(id)}`;
    case 'newer-record':
      return 'Update taskspan where the workers run.';
    case 'no-worker':
      return 'taskspan worker FILE';
    case 'workers-busy':
      return 'Wait, raise --concurrency, or start another worker.';
    case 'suspended':
      return `manager.resume('${id}')`;
    case 'suspect':
      return 'Nothing now. If it kills its worker again, its attempts run out and it fails.';
    case 'running':
      return `Wait for it. To stop it: taskspan cancel ${shellWord(id)}`;
    case 'next':
      return null;
    case 'ended':
      return job.state === 'completed'
        ? null
        : `taskspan show ${shellWord(id)}, and to run it again: taskspan retry ${shellWord(id)}`;
  }
}

/** What is so, and below it what to do. */
export function advised(
  message: string,
  advice: string | null,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  const [first = '', ...more] = advice === null ? [] : wrapped(advice, width, '    ');
  return [
    ...wrapped(message, width, '  '),
    ...(advice === null ? [] : [`  ${paint('dim', '→')} ${first.trimStart()}`, ...more]),
  ];
}
