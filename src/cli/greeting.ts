/** What the command says first. */

import type { TaskManager } from '../index.js';
import { oneLine } from './live/text.js';
import { paint, shownPath } from './terminal.js';

const durabilities: Readonly<Record<TaskManager['store']['durability'], string>> = {
  none: 'durability: none, jobs end with the process that holds them',
  bounded: 'durability: bounded, the newest writes may be lost in a crash',
  durable: 'durability: durable',
};

/** Before the start, so that nothing counted as running is our own. */
export async function greet(manager: TaskManager, version: string): Promise<void> {
  const { kind, location, durability } = manager.store;
  const store = kind === location ? kind : `${kind} ${shownPath(location)}`;
  console.log(`${paint('bold', `taskspan ${version}`)} · ${store} · ${durabilities[durability]}`);
  list('tasks', manager.tasks);
  list('constraint groups', manager.constraintGroups);
  const { pending, running } = await manager.count();
  if (pending > 0) console.log(`jobs: ${pending} waiting`);
  if (running > 0)
    console.log(`jobs: ${running} running elsewhere; if that process is dead, they come back when their leases end`);
}

function list(what: string, named: readonly { readonly name: string }[]): void {
  if (named.length > 0) console.log(`${what}: ${named.map(({ name }) => oneLine(name)).join(', ')}`);
}
