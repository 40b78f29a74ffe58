/** The steps that random work is made of. */

import fc from 'fast-check';
import { constraintKey } from '../../core/constraint.js';
import { OTHER_QUEUE, QUEUE, tenant } from './fixtures.js';

export const queues = [QUEUE, OTHER_QUEUE];
const server = constraintKey('server', 's');
/** Which keys an inserted job may have. */
export const keysOf: readonly (readonly string[] | null)[] = [
  null,
  [tenant('x')],
  [tenant('y')],
  [server],
  [tenant('x'), server],
  [server, tenant('y')],
];

const insertStep = fc.record({
  verb: fc.constant('insert' as const),
  queue: fc.constantFrom(...queues),
  keys: fc.nat(keysOf.length - 1),
  delayMs: fc.oneof(fc.constant(0), fc.nat(400)),
  priority: fc.integer({ min: -1, max: 1 }),
  maxAttempts: fc.option(fc.integer({ min: 1, max: 3 })),
  unique: fc.option(
    fc.record({
      key: fc.constantFrom('u', 'v'),
      until: fc.constantFrom('started' as const, 'finished' as const),
      onConflict: fc.constantFrom('keep' as const, 'replace' as const),
    }),
    { freq: 4 },
  ),
});

const settlePick = fc.record({ pick: fc.nat(30), kind: fc.nat(9), endedAgoMs: fc.nat(30) });

const exchangeStep = fc.record({
  verb: fc.constant('exchange' as const),
  settles: fc.array(settlePick, { maxLength: 3 }),
  queues: fc.constantFrom([QUEUE], queues, [OTHER_QUEUE, QUEUE]),
  slots: fc.nat(4),
  prefetch: fc.nat(2),
  leaseMs: fc.constantFrom(200, 500),
  suspect: fc.boolean(),
  adopt: fc.boolean(),
  isWorkKnown: fc.boolean(),
});

/** One thing that is done to a store; picks are taken modulo what there is. */
export const step = fc.oneof(
  { weight: 5, arbitrary: insertStep },
  { weight: 7, arbitrary: exchangeStep },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('repeat' as const) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('settle late' as const), pick: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant('extend' as const),
      pick: fc.nat(40),
      leaseMs: fc.integer({ min: 100, max: 900 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('advance' as const), ms: fc.oneof(fc.nat(50), fc.nat(600)) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('maintain' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      verb: fc.constant('control' as const),
      action: fc.constantFrom(
        'cancel' as const,
        'retry' as const,
        'suspend' as const,
        'resume' as const,
        'promote' as const,
        'delete' as const,
      ),
      pick: fc.nat(30),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant('pause' as const),
      queue: fc.constantFrom(...queues),
      paused: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant('limit' as const),
      group: fc.constantFrom('tenant', 'server'),
      maxConcurrent: fc.option(fc.integer({ min: 1, max: 2 })),
      cooldownMs: fc.constantFrom(0, 0, 90),
    }),
  },
);

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
