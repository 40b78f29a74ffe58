/** `taskspan pause QUEUE` and `taskspan resume QUEUE`. */

import type { Command } from 'commander';
import { counted } from '../print/text.js';
import { type Run, storeCommand } from '../store-command.js';

export function pauseCommand(): Command {
  return storeCommand(
    {
      name: 'pause',
      summary: 'let no job of a queue start, on any worker, until it is resumed',
      details: 'What runs goes on.',
      examples: ['pause mail'],
    },
    (command) => command.argument('<QUEUE>', 'its name'),
    (run, [queue = '']) => set(run, queue, true),
  );
}

export function resumeCommand(): Command {
  return storeCommand(
    { name: 'resume', summary: 'let the jobs of a paused queue start again', examples: ['resume mail'] },
    (command) => command.argument('<QUEUE>', 'its name'),
    (run, [queue = '']) => set(run, queue, false),
  );
}

async function set({ manager, out }: Run, queue: string, paused: boolean): Promise<number> {
  await (paused ? manager.pause(queue) : manager.resumeQueue(queue));
  const counts = await manager.count({ queue });
  const { pending, running, suspended, completed, failed, cancelled } = counts;
  const workers = await manager.workers();
  const isServed = workers.some((worker) => worker.queues.includes(queue));
  if (!isServed && pending + running + suspended + completed + failed + cancelled === 0) {
    const known = [...new Set(workers.flatMap((worker) => worker.queues))];
    const served = known.length === 0 ? '' : ` Live workers serve ${known.join(', ')}.`;
    console.error(`taskspan: nobody knows queue '${queue}': it has no job, and no live worker serves it.${served}`);
  }
  if (out.isJson) await out.json({ queue, paused, pending, running });
  else if (paused)
    await out.lines([
      `queue '${queue}' is paused; ${counted(pending, 'job')} wait${pending === 1 ? 's' : ''} there${running === 0 ? '' : `, ${counted(running, 'job')} still run${running === 1 ? 's' : ''}`}`,
    ]);
  else await out.lines([`queue '${queue}' goes on; ${counted(pending, 'job')} wait${pending === 1 ? 's' : ''} there`]);
  return 0;
}
