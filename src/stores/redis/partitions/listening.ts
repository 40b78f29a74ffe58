/** What is heard of a store, of all its partitions: news, events, losses, health. */

import type {
  EventsCapability,
  HealthCapability,
  LossesCapability,
  NotifyCapability,
} from '../../../store/capabilities.js';
import type { Finding, Store } from '../../../store/index.js';
import type { Connection } from '../connection.js';
import { hear } from '../notify.js';
import { scripts } from '../scripts.js';

/**
 * No claim stays open: an insert in one partition would fill it while another one is asked.
 *
 * @param onNews hears where something changed, before the listener does
 */
export function notifyOf(
  connections: readonly [Connection, ...Connection[]],
  onNews: (partition: number) => void,
): NotifyCapability {
  return {
    subscribe: (listener, needs = 'all') =>
      hear(connections, needs, (partition, hint) => {
        if (partition !== null && hint === undefined) onNews(partition);
        listener(hint);
      }),
    async awaitEnds(forMs) {
      await Promise.all(connections.map((connection) => connection.run(scripts.awaitEnds, { forMs })));
    },
  };
}

/** A job lives in one partition, so its events come in their order. */
export function eventsOf(parts: readonly Store[]): EventsCapability {
  return {
    async follow(follower) {
      const follows = await Promise.allSettled(
        parts.map(({ events }) => (events as EventsCapability).follow(follower)),
      );
      const end = (): void => {
        for (const follow of follows) if (follow.status === 'fulfilled') follow.value();
      };
      const failed = follows.find((follow) => follow.status === 'rejected');
      if (failed === undefined) return end;
      end();
      throw failed.reason;
    },
  };
}

/** Each partition has its own writes to lose, and says which it is. */
export function lossesOf(parts: readonly Store[]): LossesCapability {
  return {
    subscribe(listener) {
      const ends = parts.map(({ losses }) => (losses as LossesCapability).subscribe(listener));
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

/** What is found of the server is found of each partition, and told once. */
export function healthOf(parts: readonly Store[]): HealthCapability {
  return {
    async check(workers) {
      const all = await Promise.all(parts.map(({ health }) => (health as HealthCapability).check(workers)));
      const findings = new Map<string, Finding>();
      for (const one of all) for (const finding of one.findings) findings.set(JSON.stringify(finding), finding);
      const [first] = all as [(typeof all)[number]];
      const writes = all.reduce((sum, { facts }) => sum + Number(facts.writes), 0);
      return {
        ...first,
        facts: { ...first.facts, writes, partitions: parts.length },
        findings: [...findings.values()],
      };
    },
  };
}
