// A user's program on the memory store: no Node types, no store client, nothing but the package.
import { TaskManager, task } from 'taskspan';

export const greet = task(
  'greet',
  async (input: { name: string }, ctx) => {
    ctx.progress(50);
    return { text: `Hello, ${input.name}, for the ${ctx.attempt}st time!` };
  },
  { queue: 'greetings', retry: { attempts: 2, backoff: '1s' }, timeout: '1m', keep: { completed: '1h' } },
);

const manager = new TaskManager({ tasks: [greet] });
await manager.start();
const job = await manager.enqueue(greet, { name: 'world' }, { priority: 10, labels: { tenant: 'acme' } });
const { text } = await job.result();
const typed: string = text;
console.log(typed);
await manager.close({ timeout: '10s' });

export async function refusedByTheTypes(): Promise<void> {
  // @ts-expect-error The input is typed from the task.
  await manager.enqueue(greet, { name: 17 });
  // @ts-expect-error The result is typed from the task.
  (await job.result()).length;
}
