/**
 * The conformance suite: the definition of a store, in tests. A store's own test file calls it with a
 * factory and adds what only that store has.
 */

import { describe, it } from 'vitest';
import { blocked } from './blocked.js';
import { claimBounds } from './claim-bounds.js';
import { claimOrder } from './claim-order.js';
import { clock } from './clock.js';
import { constraints } from './constraints.js';
import { control } from './control.js';
import { controlOfKeys } from './control-keys.js';
import { cooldown } from './cooldown.js';
import { direct } from './direct.js';
import { Scene } from './fixtures.js';
import { insert } from './insert.js';
import { leader } from './leader.js';
import { lease } from './lease.js';
import { lifecycle } from './lifecycle.js';
import { maintain } from './maintain.js';
import { openClaims } from './open-claims.js';
import { orphans } from './orphans.js';
import { presence } from './presence.js';
import { query } from './query.js';
import { random } from './random.js';
import { rate } from './rate.js';
import { schedules } from './schedules.js';
import { settings } from './settings.js';
import { settle } from './settle.js';
import type { StoreFactory } from './subject.js';
import { gather, type Topic } from './suite.js';
import { suspects } from './suspects.js';
import { unique } from './unique.js';

export type { StoreFactory } from './subject.js';

const topics: readonly Topic[] = [
  lifecycle,
  insert,
  unique,
  claimOrder,
  claimBounds,
  lease,
  clock,
  suspects,
  settle,
  orphans,
  constraints,
  blocked,
  cooldown,
  rate,
  control,
  controlOfKeys,
  maintain,
  query,
  schedules,
  settings,
  presence,
  leader,
  openClaims,
  direct,
  random,
];

/**
 * Defines the suite for one store.
 *
 * @param name of the store, as the report shows it
 * @param factory makes a fresh, empty store on a virtual clock, once a case
 * @param exemptions title of a case → why this store need not pass it; the case shows as skipped, with the reason
 * @throws Error for an exemption that names no case or gives no reason
 */
export function conformance(
  name: string,
  factory: StoreFactory,
  exemptions: Readonly<Record<string, string>> = {},
): void {
  const cases = gather(topics, factory, exemptions);
  describe(`${name} keeps the store contract`, () => {
    for (const topic of topics) {
      describe(topic.name, () => {
        for (const { title, body, timeoutMs, exempt } of cases.filter((one) => one.topic === topic.name)) {
          if (exempt !== null) {
            it.skip(`${title} [exempt: ${exempt}]`);
            continue;
          }
          it(title, timeoutMs === undefined ? {} : { timeout: timeoutMs }, async (context) => {
            const subject = await factory();
            try {
              await body(new Scene(subject), (note) => context.skip(note));
            } finally {
              await subject.dispose();
            }
          });
        }
      });
    }
  });
}
