/** On a Redis Cluster of three nodes, by a client that the user made. */

import { Cluster as ClusterClient } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startCluster } from '../servers/index.js';
import { until } from '../servers/until.js';
import { Cluster, endOf } from './cluster.js';

it('given an ioredis Cluster, when tasks are created, run and listened to, then all is as on one server', async () => {
  const servers = await startCluster();
  onTestFinished(() => servers.stop());
  const client = new ClusterClient([servers.url]);
  onTestFinished(() => client.disconnect());
  const cluster = await Cluster.make();
  const [creator, worker] = [cluster.manager({ redis: client }), cluster.manager({ redis: client })];
  await worker.process((task, ctx) => {
    ctx.progress(10);
    return task.data;
  });
  const heard: string[] = [];
  creator.on('completed', ({ result }) => heard.push(`completed ${result}`));
  const task = await creator.create('on a cluster');
  task.on('queued', () => heard.push('queued'));
  task.on('started', () => heard.push('started'));
  await task.commit();
  expect(await endOf(task)).toEqual({ success: 'on a cluster' });
  await until('the completion', () => heard.length === 3);
  expect(heard).toEqual(['queued', 'started', 'completed on a cluster']);
  await until('a master', () => creator.isMaster() || worker.isMaster());
  await Promise.all([creator.shutdown(), worker.shutdown()]);
}, 60_000);
