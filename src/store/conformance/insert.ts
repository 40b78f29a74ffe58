import { expect } from 'vitest';
import type { NewJob } from '../../core/job.js';
import { newJob, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const strange = `it's "quoted" \\ 100% ; -- 😀 é\u2028\n\t$1 ? :name {tag} \u007f`;

/** Every field set, no two alike. `__proto__` arrives as an own property, as JSON.parse makes it. */
function fullJob(): NewJob {
  return {
    id: '01920000-aaaa-7000-8000-00000000000a',
    partition: 0,
    recordVersion: 1,
    minReader: 1,
    task: `task ${strange}`,
    queue: `queue ${strange}`,
    input: `{"text":"${'ü😀'.repeat(8_000)}"}`,
    delayMs: 70_000,
    dueAt: null,
    priority: -17,
    maxAttempts: 9,
    labels: JSON.parse(
      `{"__proto__":"data","constructor":"c","":"empty name","tenant":"acme","long":"${'l'.repeat(2_000)}"}`,
    ),
    keys: [tenant(`a/b ${strange}`), 'other%2Fgroup/x', 'third/'],
    unique: { key: `unique ${strange}`, until: 'finished', onConflict: 'replace' },
    digest: 'v1:digest-of-input',
    rare: {
      namespace: 'space',
      taskVersion: 11,
      parentId: 'parent-of-it',
      rootId: 'root-of-it',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      expiresAt: 2_222_222_222_222,
      fairnessKey: 'fair',
      scheduleId: 'schedule-of-it',
      scheduleVersion: 'version-of-it',
      scheduleSlot: 1_111_111_111_111,
      keep: { completedMs: 1_001, failedMs: null, count: 12 },
    },
  };
}

export const insert: Topic = {
  name: 'insert',
  cases(test) {
    test('given a new job, when it is inserted, then its record waits at attempt 0 with everything else untouched', async (scene) => {
      const answers = await scene.insert({ id: 'a', task: 'resize', input: '"in"', priority: 5, maxAttempts: 4 });
      expect(answers).toEqual([{ status: 'inserted', id: 'a', digest: null }]);
      expect(await scene.record('a')).toMatchObject({
        id: 'a',
        task: 'resize',
        queue: 'images',
        state: 'pending',
        placement: 'ready',
        parkedOn: null,
        reason: 'enqueued',
        generation: 1,
        input: '"in"',
        result: null,
        errors: [],
        progress: null,
        priority: 5,
        attempt: 0,
        maxAttempts: 4,
        suspect: false,
        token: null,
        cancelRequested: false,
        createdAt: scene.now(),
        dueAt: scene.now(),
        claimedAt: null,
        endedAt: null,
        pruneAt: null,
        labels: null,
        keys: null,
        unique: null,
        digest: null,
        rare: null,
      });
    });

    test('given a job with every field set to strange values, when it is read back, then every field is whole', async (scene) => {
      const job = fullJob();
      await scene.store.insert([job]);
      const { delayMs, dueAt: _, labels, ...rest } = job;
      const record = await scene.record(job.id);
      expect(record).toMatchObject(rest);
      expect(Object.entries(record.labels ?? {}).sort()).toEqual(Object.entries(labels ?? {}).sort());
      expect(record.createdAt).toBe(scene.now());
      expect(record.dueAt).toBe(scene.now() + delayMs);
      expect(record.placement).toBe('delayed');
    });

    test('given a job with every field set to strange values, when it is claimed, then the worker gets every field whole', async (scene) => {
      const job = fullJob();
      await scene.store.insert([job]);
      const createdAt = scene.now();
      await scene.advance(job.delayMs);
      const claimed = await scene.claimOne(job.id, { queues: [job.queue], token: 'token-of-claim' });
      expect({ ...claimed, labels: null }).toEqual({
        id: job.id,
        seq: (await scene.record(job.id)).seq,
        token: 'token-of-claim',
        task: job.task,
        queue: job.queue,
        minReader: 1,
        input: job.input,
        attempt: 1,
        maxAttempts: 9,
        priority: -17,
        suspect: false,
        cancelRequested: false,
        generation: 1,
        createdAt,
        dueAt: createdAt + job.delayMs,
        labels: null,
        keys: job.keys,
        rare: job.rare,
      });
      expect(Object.entries(claimed.labels ?? {}).sort()).toEqual(Object.entries(job.labels ?? {}).sort());
    });

    test('given a label named __proto__, when it is read back, then it is data and no prototype is touched', async (scene) => {
      await scene.insert({ id: 'a', labels: JSON.parse('{"__proto__":"evil"}') });
      const labels = (await scene.record('a')).labels ?? {};
      expect(Object.hasOwn(labels, '__proto__')).toBe(true);
      expect(Object.getOwnPropertyDescriptor(labels, '__proto__')?.value).toBe('evil');
      expect(({} as Record<string, unknown>).evil).toBeUndefined();
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    });

    test('given the input null and the input "null", when they are read back, then they are told apart', async (scene) => {
      await scene.insert({ id: 'nothing', input: null }, { id: 'text', input: 'null' }, { id: 'empty', input: '' });
      const inputs = (await scene.store.get(['nothing', 'text', 'empty'])).map((job) => job?.input);
      expect(inputs).toEqual([null, 'null', '']);
    });

    test('given no end of attempts, when the job is read back, then maxAttempts is null', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: null });
      expect((await scene.record('a')).maxAttempts).toBeNull();
      expect((await scene.claimOne('a')).maxAttempts).toBeNull();
    });

    test('given the record of a newer reader, when it is inserted, then it is kept as it is', async (scene) => {
      await scene.insert({ id: 'a', recordVersion: 3, minReader: 2 });
      expect(await scene.record('a')).toMatchObject({ recordVersion: 3, minReader: 2 });
      expect((await scene.claimOne('a')).minReader).toBe(2);
    });

    test('given several jobs, when they are inserted, then their seq rises in the order of the batch', async (scene) => {
      await scene.insert({ id: 'z' }, { id: 'a' }, { id: 'm' });
      await scene.insert({ id: 'b' });
      const seqs = (await scene.store.get(['z', 'a', 'm', 'b'])).map((job) => job?.seq as number);
      expect(seqs).toEqual([...seqs].sort((x, y) => x - y));
      expect(new Set(seqs).size).toBe(4);
    });

    test('given an inserted job, when the call is repeated, then it answers existing and changes nothing', async (scene) => {
      const job = newJob({ id: 'a', delayMs: 500 });
      await scene.store.insert([job]);
      const before = await scene.record('a');
      await scene.advance(70);
      expect(await scene.store.insert([job])).toEqual([{ status: 'existing', id: 'a', digest: null }]);
      expect(await scene.record('a')).toEqual(before);
      expect(await scene.list()).toHaveLength(1);
    });

    test('given an ended job, when its insert is repeated, then it answers existing and does not run again', async (scene) => {
      const job = newJob({ id: 'a' });
      await scene.store.insert([job]);
      await scene.complete(await scene.claimOne('a'));
      expect((await scene.store.insert([job]))[0]?.status).toBe('existing');
      expect((await scene.claim()).jobs).toEqual([]);
      expect((await scene.record('a')).state).toBe('completed');
    });

    test('given one id twice in a batch, when it is inserted, then the first is inserted and the second exists', async (scene) => {
      const answers = await scene.insert({ id: 'a', input: '1' }, { id: 'a', input: '2' });
      expect(answers.map((answer) => answer.status)).toEqual(['inserted', 'existing']);
      expect((await scene.record('a')).input).toBe('1');
    });

    test('given a job with a digest, when its id comes with the same digest, then it exists', async (scene) => {
      await scene.insert({ id: 'a', digest: 'digest-1', input: '1' });
      const [answer] = await scene.insert({ id: 'a', digest: 'digest-1', input: '1' });
      expect(answer).toMatchObject({ status: 'existing', id: 'a' });
    });

    test('given a job with a digest, when its id comes with another digest, then it is a conflict that names the digest that stands', async (scene) => {
      await scene.insert({ id: 'a', digest: 'digest-1', input: '1' });
      const before = await scene.record('a');
      const answers = await scene.insert({ id: 'a', digest: 'digest-2', input: '2', priority: 9 });
      expect(answers).toEqual([{ status: 'conflict', id: 'a', digest: 'digest-1' }]);
      expect(await scene.record('a')).toEqual(before);
    });

    test('given an ended job with a digest, when its id comes with another digest, then it is still a conflict', async (scene) => {
      await scene.insert({ id: 'a', digest: 'digest-1' });
      await scene.complete(await scene.claimOne('a'));
      const [answer] = await scene.insert({ id: 'a', digest: 'digest-2' });
      expect(answer).toEqual({ status: 'conflict', id: 'a', digest: 'digest-1' });
    });

    test('given a batch with one conflict, when it is inserted, then the others are inserted and the answers keep their order', async (scene) => {
      await scene.insert({ id: 'taken', digest: 'digest-1' });
      const answers = await scene.insert(
        { id: 'b' },
        { id: 'taken', digest: 'digest-2' },
        { id: 'c' },
        { id: 'taken', digest: 'digest-1' },
      );
      expect(answers.map(({ status, id }) => [status, id])).toEqual([
        ['inserted', 'b'],
        ['conflict', 'taken'],
        ['inserted', 'c'],
        ['existing', 'taken'],
      ]);
      expect(await scene.has('b')).toBe(true);
      expect(await scene.has('c')).toBe(true);
    });

    test('given a delay, when the job is inserted, then it is due that long after the store took it', async (scene) => {
      await scene.advance(1_111);
      await scene.insert({ id: 'a', delayMs: 2_500 });
      expect(await scene.record('a')).toMatchObject({
        createdAt: scene.now(),
        dueAt: scene.now() + 2_500,
        placement: 'delayed',
      });
    });

    test('given a due time and a delay, when the job is inserted, then the due time counts', async (scene) => {
      const dueAt = scene.now() + 8_000;
      await scene.insert({ id: 'a', dueAt, delayMs: 2_500 });
      expect((await scene.record('a')).dueAt).toBe(dueAt);
    });

    test('given a due time in the past, when the job is inserted, then it keeps it and is ready', async (scene) => {
      const dueAt = scene.now() - 8_000;
      await scene.insert({ id: 'a', dueAt });
      expect(await scene.record('a')).toMatchObject({ dueAt, placement: 'ready' });
      await scene.claimOne('a');
    });

    test('given a due time after 2038 and past 2^31 ms away, when it is not come yet, then the job waits with that very time', async (scene) => {
      const dueAt = 4_102_444_800_123;
      await scene.insert({ id: 'a', dueAt });
      await scene.advance(2 ** 31);
      const reply = await scene.claim();
      expect(reply.jobs).toEqual([]);
      expect(reply.nextAt).toBe(dueAt);
      expect((await scene.record('a')).dueAt).toBe(dueAt);
    });

    test('given a batch of 1,000 jobs, when it is inserted, then each is answered and stands', async (scene) => {
      const jobs = Array.from({ length: 1_000 }, (_, i) => newJob({ id: `bulk-${i}` }));
      const answers = await scene.store.insert(jobs);
      expect(answers.map((answer) => answer.id)).toEqual(jobs.map((job) => job.id));
      expect(await scene.count()).toMatchObject({ pending: 1_000, exact: true });
    });
  },
};
