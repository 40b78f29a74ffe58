import { type Main, task } from 'taskspan';
export const hello = task('hello', async (input: { name: string }) => `Hello, ${input.name}!`);
export default (async ({ manager }) => {
  await manager.schedule(hello, { name: 'world' }, { id: 'hello', every: '5s' });
}) satisfies Main;
