/** The document's samples on constraint groups, run as they are written, in virtual time. */

import { Task, type TaskManager } from 'taskspan';
import { describe, expect, it, vi } from 'vitest';
import { type Gate, gate, World, watch } from '../engine/world.js';
import { type Names, run, taskOf, taskspanIn } from './samples.js';

/** A task whose runs wait to be let go, and how many run. */
function held(name: string, data: object): { readonly task: Task; readonly gates: Gate[] } {
  const gates: Gate[] = [];
  const taskFunction = (): Promise<void> => {
    const own = gate();
    gates.push(own);
    return own.promise;
  };
  return { task: new Task<undefined, [], object>({ name, data, taskFunction }), gates };
}

describe('constraint groups', () => {
  const page = 'task-constraints';

  async function withManager(): Promise<{ readonly world: World; readonly imports: Names; readonly names: Names }> {
    const world = new World();
    const imports = taskspanIn(world);
    const { names } = await run(page, 'Per-Key Mutual Exclusion', {}, imports);
    return { world, imports, names };
  }

  it('run both tasks of a domain, one after the other', async () => {
    const { names } = await withManager();
    expect([names.task1.runCount, names.task2.runCount]).toEqual([1, 1]);
    expect(names.manager.constraintGroups).toEqual([names.domainMutex]);
    const { task, gates } = held('third', { domain: 'a.com' });
    const first = watch(names.manager.triggerTask(task));
    const second = watch(names.manager.triggerTask(names.task1));
    await new Promise((resolve) => setImmediate(resolve));
    expect([gates.length, second.isSettled]).toEqual([1, false]);
    gates[0]?.open();
    await vi.waitFor(() => expect([first.isSettled, second.isSettled]).toEqual([true, true]));
  });

  it('limit a group of tasks to three, others not', async () => {
    const world = new World();
    const { TaskManager: InWorld, ...imports } = taskspanIn(world);
    const manager: TaskManager = new InWorld();
    await run(page, 'Group Concurrency Limits', { manager }, imports);
    const dns = held('dns', { group: 'dns' });
    const web = held('web', { group: 'web' });
    for (let i = 0; i < 5; i++) void manager.triggerTask(dns.task);
    for (let i = 0; i < 5; i++) void manager.triggerTask(web.task);
    expect([dns.gates.length, web.gates.length]).toEqual([3, 5]);
    dns.gates[0]?.open();
    await world.time.settle();
    expect(dns.gates.length).toBe(4);
    for (let i = 0; i < 5; i++) {
      dns.gates[i]?.open();
      web.gates[i]?.open();
      await world.time.settle();
    }
    expect(dns.task.idle).toBe(true);
  });

  it('keep eleven seconds between two calls of a domain', async () => {
    const world = new World();
    const { TaskManager: InWorld, ...imports } = taskspanIn(world);
    const manager: TaskManager = new InWorld();
    await run(page, 'Cooldowns (Rate Limiting)', { manager }, imports);
    const at: number[] = [];
    const start = world.time.now;
    const call = new Task<undefined, [], { domain: string }>({
      name: 'call',
      data: { domain: 'a.com' },
      taskFunction: async () => void at.push(world.time.now - start),
    });
    for (let i = 0; i < 3; i++) void manager.triggerTask(call);
    await world.time.advance('1m');
    expect(at).toEqual([0, 11_000, 22_000]);
  });

  it('stack: a global cap, a mutex and a cooldown must all allow it', async () => {
    const { world, imports, names } = await withManager();
    const { manager } = names;
    const { names: cap } = await run(page, 'Global Concurrency Cap', { manager }, imports);
    const { names: cooldown } = await run(page, 'Cooldowns (Rate Limiting)', { manager }, imports);
    const dns = held('dns', { domain: 'b.com' });
    const composing = run(
      page,
      'Composing Multiple Constraints',
      { ...names, ...cap, ...cooldown, dnsTask: dns.task },
      imports,
    );
    await world.time.settle();
    expect(manager.constraintGroups).toEqual([names.domainMutex, cap.globalCap, cooldown.rateLimiter]);
    expect(
      manager.constraintGroups.map((group: { getRunningCount(key: string): number }) => group.getRunningCount('b.com')),
    ).toEqual([1, 0, 1]);
    expect(cap.globalCap.getRunningCount('all')).toBe(1);
    dns.gates[0]?.open();
    await composing;
    expect(cooldown.rateLimiter.getCooldownRemaining('b.com')).toBe(11_000);
  });

  it('exempt what has a null key', async () => {
    const { names } = await run(page, 'Selective Constraints');
    const { constraint } = names;
    expect(constraint.getConstraintKey(held('a', { priority: 'low' }).task)).toBe('low-priority');
    expect(constraint.getConstraintKey(held('b', { priority: 'high' }).task)).toBeNull();
  });

  it('see the input: one top-level domain at a time, others beside it', async () => {
    const world = new World();
    const { TaskManager: InWorld, ...imports } = taskspanIn(world);
    const asked: Record<string, Gate<string>> = {};
    const getCert = taskOf('get-certificate', (domain: string) => {
      const own = gate<string>();
      asked[domain] = own;
      return own.promise;
    });
    const { names } = await run(page, 'Input-Aware Constraints', { manager: new InWorld(), getCert }, imports);
    expect(Object.keys(asked)).toEqual(['app.example.com', 'my.other.org']);
    asked['app.example.com']?.open('1');
    asked['my.other.org']?.open('3');
    expect(await Promise.all([names.p1, names.p3])).toEqual(['1', '3']);
    asked['api.example.com']?.open('2');
    expect(await names.p2).toBe('2');
    const { providerDomain } = (await run(page, 'Input-Aware Constraints 2')).names;
    const { task } = held('x', { provider: 'acme' });
    expect(providerDomain.getConstraintKey(task, 'a.com')).toBe('acme:a.com');
    expect(providerDomain.getConstraintKey(task)).toBe('acme:default');
  });

  it('skip by shouldExecute what an earlier run made needless', async () => {
    const world = new World();
    const { TaskManager: InWorld, ...imports } = taskspanIn(world);
    const { extractTLD } = (
      await run(page, 'Input-Aware Constraints', { manager: new InWorld(), getCert: taskOf('x') }, imports)
    ).names;
    const acme = { getCert: vi.fn(async (domain: string) => ({ domain, isWildcard: true })) };
    const { names } = await run(
      page,
      'Pre-Execution Check with shouldExecute',
      { manager: new InWorld(), extractTLD, acme },
      imports,
    );
    expect([names.cert1, names.cert2, names.cert3]).toEqual([
      { domain: 'app.example.com', isWildcard: true },
      undefined,
      { domain: 'my.other.org', isWildcard: true },
    ]);
    expect(acme.getCert).toHaveBeenCalledTimes(2);
    expect(names.certConstraint.getRunningCount('example.com')).toBe(0);
  });
});
