/** Jobs that visit hosts, and the group that limits how. */

import { type AnyTask, type ITaskConstraintGroupOptions, TaskConstraintGroup, task } from '../../src/index.js';
import type { World } from '../engine/world.js';

export interface Visit {
  readonly host: string;
  readonly ms?: number;
}

export const byHost = (limits: Partial<ITaskConstraintGroupOptions> = {}): TaskConstraintGroup =>
  new TaskConstraintGroup({
    name: 'hosts',
    constraintKeyForExecution: (_task, input?: Visit) => input?.host ?? null,
    ...limits,
  });

/** A task that notes its starts and ends, and how many run at once under each host. */
export function visits(world: World) {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const starts: [host: string, at: number][] = [];
  const t0 = world.time.now;
  const visit = task('visit', async ({ host, ms = 100 }: Visit) => {
    starts.push([host, world.time.now - t0]);
    running.set(host, (running.get(host) ?? 0) + 1);
    most.set(host, Math.max(most.get(host) ?? 0, running.get(host) as number));
    await world.sleep(ms);
    running.set(host, (running.get(host) as number) - 1);
  });
  return { visit, most, starts, at: (host: string) => starts.filter(([h]) => h === host).map(([, at]) => at) };
}

export async function withGroups(world: World, task: AnyTask, make: () => TaskConstraintGroup[], concurrency = 10) {
  const manager = world.manager({ tasks: [task], concurrency });
  for (const group of make()) manager.addConstraintGroup(group);
  await manager.start();
  return manager;
}
