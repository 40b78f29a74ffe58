/**
 * The suite on a store of three partitions, twice: its two queues in one of them, which is all that the contract says of
 * several queues; and in two, where a claim answers the jobs of one partition, and order and groups hold inside each.
 */

import { afterAll, beforeAll } from 'vitest';
import { conformance, type StoreFactory } from '../../../src/store/conformance/index.js';
import { redis } from '../../../src/stores/redis/index.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { type Place, subject } from '../subject.js';
import { Names, named } from './named.js';

const PARTITIONS = 3;

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

function subjectWith(places: Readonly<Record<string, number>>): StoreFactory {
  const prepare = () => {
    const names = new Names();
    return (place: Place) => named(redis({ ...place, partitions: PARTITIONS, places }), names);
  };
  return subject(() => server, prepare, PARTITIONS);
}

conformance('redis, with both queues in the last of three partitions,', subjectWith({ images: 2, letters: 2 }));

const ORDER = 'the order of claim holds inside a partition';
const ONE_AT_A_TIME = 'a claim answers the jobs of one partition, and `more`: the next one asks the others';
const SAME_MOMENT = 'what came in one millisecond is listed in no order across partitions';
conformance('redis, with its queues in two of three partitions,', subjectWith({ images: 2, letters: 1 }), {
  'given several queues, when jobs are claimed from them, then one order runs through all': ORDER,
  'given several queues and few slots, when claims repeat, then each takes the best of all': ORDER,
  'given a limited queue with room and plain jobs behind, when the slots are used up, then prefetch ends at the limited one':
    ORDER,
  'given a limited queue without room and plain jobs behind, when a claim has prefetch, then it is for the plain ones':
    ONE_AT_A_TIME,
  'given a paused queue, when jobs are claimed, then none comes from it and the reply names it': ONE_AT_A_TIME,
  'given a full queue, when another queue is asked for too, then that one is not held up': ONE_AT_A_TIME,
  'given jobs that differ in everything, when they are listed by nothing, then only those that match come': SAME_MOMENT,
  'given jobs that differ in everything, when they are listed by several states, then only those that match come':
    SAME_MOMENT,
  'given jobs that differ in everything, when they are listed by an instant before, then only those that match come':
    SAME_MOMENT,
  'given jobs that differ in everything, when they are listed by a span, then only those that match come': SAME_MOMENT,
  'given jobs of two keys in two queues, when each key opens in turn, then both queues get what is due to them':
    'its queues share a constraint group, which holds inside a partition',
  'given any sequence of work, when it is held against a small model, then every record, count, claim and answer agrees, and all ends':
    'its queues share constraint groups, which hold inside a partition; `spread.test.ts` plays random work without them',
});
