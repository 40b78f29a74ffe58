/**
 * Many customers on one manager: each has at most two runs at once, and sees its own events as they happen.
 *
 *     node examples/tenants.ts
 *
 * A server sends each tenant the events of its tasks, as server-sent events. The tenants' browsers are played by `fetch`.
 */

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ITaskEvent, Task, TaskConstraintGroup, TaskManager } from 'taskspan';

const tenants = ['acme', 'globex'];
const manager = new TaskManager();

manager.addConstraintGroup(
  new TaskConstraintGroup<{ tenantId: string }>({
    name: 'tenant-concurrency',
    maxConcurrent: 2,
    constraintKeyForExecution: (task) => task.data.tenantId,
  }),
);

const running = new Map<string, number>();
const mostAtOnce = new Map<string, number>();

function addTenantTask(tenantId: string, name: string, ms: number): void {
  const task = new Task({
    name: `${tenantId}:${name}`,
    data: { tenantId },
    labels: { tenantId },
    taskFunction: async () => {
      const now = (running.get(tenantId) ?? 0) + 1;
      running.set(tenantId, now);
      mostAtOnce.set(tenantId, Math.max(now, mostAtOnce.get(tenantId) ?? 0));
      await sleep(ms);
      running.set(tenantId, (running.get(tenantId) ?? 0) - 1);
      if (name === 'invoice' && tenantId === 'globex') throw new Error('The card was declined.');
    },
  });
  manager.addTask(task);
}

for (const tenantId of tenants) {
  for (const [name, ms] of [
    ['sync', 40],
    ['report', 20],
    ['invoice', 30],
    ['cleanup', 10],
  ] as const) {
    addTenantTask(tenantId, name, ms);
  }
}

// The server: `GET /acme` is the stream of acme's events.
const listeners = new Map<string, ServerResponse>();
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  listeners.set((request.url ?? '').slice(1), response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

manager.taskSubject.subscribe((event) => {
  listeners.get(event.task.labels.tenantId ?? '')?.write(`data: ${JSON.stringify(event)}\n\n`);
});

/** What a tenant's browser has been sent when the stream ends. */
async function listen(stream: Response): Promise<readonly string[]> {
  const events = (await stream.text()).split('\n\n').filter((text) => text !== '');
  return events.map((text) => {
    const { type, task, error }: ITaskEvent = JSON.parse(text.slice('data: '.length));
    return `${type.padEnd(9)} ${task.name}${error === undefined ? '' : `: ${error}`}`;
  });
}

const streams = await Promise.all(tenants.map((tenant) => fetch(`http://127.0.0.1:${port}/${tenant}`)));
const screens = streams.map(listen);

await Promise.allSettled(manager.tasks.map((task) => manager.triggerTask(task)));
await manager.close();
for (const response of listeners.values()) response.end();

for (const [i, tenant] of tenants.entries()) {
  const states = manager.getTasksMetadataByLabel('tenantId', tenant).map(({ status }) => status);
  const failed = states.filter((status) => status === 'failed').length;
  console.log(`${tenant}: ${states.length} tasks, ${failed} failed, at most ${mostAtOnce.get(tenant)} at once`);
  for (const line of (await screens[i]) ?? []) console.log(`  ${line}`);
}
server.close();
