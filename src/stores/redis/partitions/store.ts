/** A store of several partitions: each is a store of its own, and each verb goes where its jobs are. */

import type { Store } from '../../../store/index.js';
import type { Connection } from '../connection.js';
import { redisStore } from '../store.js';
import { Exchanging } from './exchanging.js';
import { Holders } from './holders.js';
import { Homes } from './homes.js';
import { jobVerbs } from './jobs.js';
import { extend, Maintaining } from './keeping.js';
import { type Layout, recordAgain } from './layout.js';
import { eventsOf, healthOf, lossesOf, notifyOf } from './listening.js';
import { Routing } from './routing.js';
import { Scheduling } from './scheduling.js';
import { configure } from './settings.js';

/**
 * @param first to partition 0
 * @param check what must be so before it counts as open
 */
export function partitionedStore(
  first: Connection,
  layout: Layout,
  prefixOf: (partition: number) => string,
  check: () => Promise<void>,
): Store {
  const besides = Array.from({ length: layout.partitions - 1 }, (_, i) =>
    first.beside(prefixOf(i + 1), `${first.location} (partition ${i + 1})`),
  );
  const connections = [first, ...besides] as const;
  const parts = connections.map((connection, i) => redisStore(connection, i === 0 ? { check, isSpread: true } : {}));
  const zero = parts[0] as Store;
  const routing = new Routing(layout);
  const holders = new Holders();
  const homes = new Homes(first, routing);
  const exchanging = new Exchanging(parts, routing, holders);
  const maintaining = new Maintaining(parts, routing);
  const scheduling = new Scheduling(zero, connections);
  for (const { losses } of connections) losses.subscribe(() => recordAgain(first, layout));
  return {
    kind: zero.kind,
    location: zero.location,
    get durability() {
      return zero.durability;
    },
    partitions: {
      of: (queue) => routing.ofQueue(queue),
      admit: (queue, keys) => homes.admit(queue, keys),
      home: (queue, keys) => homes.home(queue, keys),
    },
    leader: zero.leader,
    notify: notifyOf(connections, (partition) => exchanging.hint(partition)),
    events: eventsOf(parts),
    losses: lossesOf(parts),
    health: healthOf(parts),
    async open() {
      for (const part of parts) await part.open();
    },
    async close() {
      await Promise.all(parts.slice(1).map((part) => part.close()));
      await zero.close();
    },
    ...jobVerbs({ parts, routing, homes, exchanging, checkOpen: () => first.checkOpen() }),
    extend: (request) => extend(parts, routing, holders, request),
    async maintain(request) {
      const reply = await maintaining.maintain(request);
      if (!reply.refused) await scheduling.withdraw();
      return reply;
    },
    putSchedule: (schedule) => scheduling.put(schedule),
    removeSchedule: (id) => scheduling.remove(id),
    listSchedules: (filter, limit) => zero.listSchedules(filter, limit),
    advanceSchedules: (advances) => zero.advanceSchedules(advances),
    async configure(settings) {
      first.checkOpen();
      return configure(parts, routing, settings);
    },
    workers: () => zero.workers(),
  };
}
