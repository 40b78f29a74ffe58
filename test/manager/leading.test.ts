import { describe, expect, it } from 'vitest';
import { OptionError, task } from '../../src/index.js';
import { type Life, World } from '../engine/world.js';

describe('who leads', () => {
  it('given three managers, when the leader closes, is killed, or stops, then at most one leads at any moment, and another does in the end', async () => {
    const world = new World();
    const leaseMs = 3_000;
    const lives: Life[] = [];
    for (let i = 0; i < 4; i++) lives.push(await world.startedLife({ leaseMs }));
    const leaders = () => lives.filter(({ manager }) => manager.isLeader);
    const step = async (): Promise<void> => {
      await world.time.advance(100);
      expect(leaders().length).toBeLessThanOrEqual(1);
    };
    for (let i = 0; i < 20; i++) await step();
    for (const end of ['close', 'kill', 'stop'] as const) {
      const [leader] = leaders();
      expect(leader).toBeDefined();
      if (end === 'kill') {
        leader?.kill();
        lives.splice(lives.indexOf(leader as Life), 1);
      } else await leader?.manager[end]();
      expect(leaders()).not.toContain(leader);
      for (let i = 0; i < 60; i++) await step();
      expect(leaders()).toHaveLength(1);
    }
  });

  it('given a manager that leads and runs nothing, when a worker that leads not has died, then its job is rescued', async () => {
    const world = new World();
    const ran: string[] = [];
    const stuck = task('stuck', () => {
      ran.push('first');
      return new Promise<void>(() => {});
    });
    const leader = await world.started({ work: false, lead: true, leaseMs: 1_000 });
    const worker = await world.startedLife({ tasks: [stuck], lead: false, leaseMs: 1_000 });
    expect([leader.isLeader, worker.manager.isLeader]).toEqual([true, false]);
    const job = await leader.enqueue(stuck);
    await world.time.advance(500);
    worker.kill();
    await world.time.advance('10s');
    expect(ran).toEqual(['first']);
    expect(await leader.get(job.id)).toMatchObject({ state: 'pending', reason: 'lease-expired', suspect: true });
  });

  it('given a producer, when nobody else is there, then it leads not; and its workers are told apart by their ids', async () => {
    const world = new World();
    const producer = await world.started({ work: false });
    const worker = await world.running(task('any', () => {}));
    expect(producer.isLeader).toBe(false);
    expect((await producer.workers()).map(({ id }) => id)).toEqual([worker.id]);
    expect(() => world.manager({ lead: 1 as unknown as boolean })).toThrow(OptionError);
  });
});
