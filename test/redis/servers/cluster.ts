/** A Redis Cluster of primaries, each with its part of the slots. */

import { type RedisOptions, type RedisServer, startRedis } from './redis.js';
import { until } from './until.js';

const SLOTS = 16_384;

const CONFIG = { 'cluster-enabled': true, 'cluster-node-timeout': 2_000 };

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** Of any node; a client finds the others. */
  readonly url: string;
  /** The node that has this slot. */
  nodeOfSlot(slot: number): RedisServer;
  stop(): Promise<void>;
}

/** Resolves when every node says that the cluster is sound: about two seconds, which nodes wait after their start. */
export async function startCluster(size = 3, { config = {}, ...options }: RedisOptions = {}): Promise<RedisCluster> {
  const starts = await Promise.allSettled(
    Array.from({ length: size }, () => startRedis({ ...options, config: { ...CONFIG, ...config } })),
  );
  const nodes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));
  const failed = starts.find((start) => start.status === 'rejected');
  try {
    if (failed !== undefined) throw failed.reason;
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, url: nodes[0]!.url, stop, nodeOfSlot: (slot) => nodes[Math.floor((slot * size) / SLOTS)]! };
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const [first, ...others] = nodes;
  await Promise.all(
    nodes.map(async (node, i) => {
      // Two nodes of one epoch would first have to settle who is which.
      await node.cli('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      await node.cli('CLUSTER', 'ADDSLOTS', ...slotsOf(i, nodes.length));
    }),
  );
  for (const { host, port } of others) await first!.cli('CLUSTER', 'MEET', host, port);
  for (const node of nodes) await until(`the cluster to be sound on ${node.url}`, () => isSound(node, nodes.length));
}

function slotsOf(index: number, size: number): number[] {
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot);
  return slots.filter((slot) => Math.floor((slot * size) / SLOTS) === index);
}

async function isSound(node: RedisServer, size: number): Promise<boolean> {
  const said = String(await node.cli('CLUSTER', 'INFO'));
  const lines = said.split('\r\n');
  return [`cluster_state:ok`, `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${size}`].every((line) =>
    lines.includes(line),
  );
}
