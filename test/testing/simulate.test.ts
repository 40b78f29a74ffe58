import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { type Scenario, type Sim, SimulationError, simulate } from '../../src/testing/index.js';

/** A bank that knows idempotency keys, and a shop's books. */
class Outside {
  readonly charges: string[] = [];
  readonly keys: Set<string> = new Set();
  readonly paid: Set<string> = new Set();

  charge(order: string, key?: string): void {
    if (key !== undefined && this.keys.has(key)) return;
    if (key !== undefined) this.keys.add(key);
    this.charges.push(order);
  }
}

const orders = ['a', 'b', 'c'];

function shop(isSafe: boolean) {
  const pay = ({ world, request }: Sim<Outside>) =>
    task(
      'pay',
      async (order: string) => {
        if (world.paid.has(order)) return;
        await request('charge', () => world.charge(order, isSafe ? order : undefined));
        await request('mark as paid', () => void world.paid.add(order));
      },
      { retry: { attempts: 50, backoff: 200 } },
    );
  const scenario: Scenario<Outside, { pay: ReturnType<typeof pay> }> = {
    world: () => new Outside(),
    tasks: (sim) => ({ pay: pay(sim) }),
    start: async ({ manager, tasks, sleep }) => {
      for (const order of orders) {
        await manager.enqueue(tasks.pay, order);
        await sleep('1s');
      }
    },
    check: ({ world, jobs }) => {
      for (const job of jobs) if (job.state !== 'completed') throw new Error(`Job ${job.id} is ${job.state}.`);
      for (const order of orders) {
        const times = world.charges.filter((one) => one === order).length;
        if (times !== 1) throw new Error(`Order ${order} was charged ${times} times.`);
      }
    },
  };
  return scenario;
}

async function failureOf(running: Promise<unknown>): Promise<SimulationError> {
  const error = await running.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SimulationError);
  return error as SimulationError;
}

describe('simulate', () => {
  it('given a task that charges and then notes it, when its processes crash, then a seed is found that charges twice, with its history', async () => {
    const error = await failureOf(simulate(shop(false), { faults: 'crashes' }));
    expect(error.message).toMatch(/^Seed \d+ fails: Order \w was charged [2-9] times\./);
    expect(error.message).toContain(`Again: simulate(scenario, { faults: 'crashes', seeds: [${error.seed}] })`);
    const history = error.history.join('\n');
    expect(history).toMatch(/starts pay#\d "\w" \(attempt 1\)/);
    expect(history).toMatch(/dies/);
    expect(history.match(/does charge/g)?.length).toBeGreaterThan(1);
    expect(error.history.length).toBeLessThan(60);
    expect((error.cause as Error).message).toMatch(/charged/);
  });

  it.each(['network', 'everything'] as const)(
    'given the same task, when %s goes wrong, then it is found too',
    async (faults) => {
      await failureOf(simulate(shop(false), { faults }));
    },
  );

  it('given a task that charges under a key, when everything goes wrong, then every seed holds, and much went wrong', async () => {
    const report = await simulate(shop(true), { seeds: 50 });
    expect(report).toMatchObject({ seeds: 50, jobs: 150 });
    expect(report.runs).toBeGreaterThan(160);
    expect(report.deaths).toBeGreaterThan(50);
  });

  it('given the same seeds, when they are played twice, then all happens as before; other seeds differ', async () => {
    const first = await simulate(shop(true), { seeds: 5 });
    expect(await simulate(shop(true), { seeds: [1, 2, 3, 4, 5] })).toEqual(first);
    expect((await simulate(shop(true), { seeds: 5, first: 6 })).trace).not.toBe(first.trace);
    const { seed, message } = await failureOf(simulate(shop(false)));
    expect((await failureOf(simulate(shop(false), { seeds: [seed] }))).history).toEqual(
      (await failureOf(simulate(shop(false), { seeds: [seed] }))).history,
    );
    expect(message).toContain(`seeds: [${seed}]`);
  });

  it('given no faults, when it is simulated, then each job runs once', async () => {
    const report = await simulate(shop(false), { seeds: 10, faults: 'none' });
    expect(report).toMatchObject({ jobs: 30, runs: 30, deaths: 0 });
  });

  it('given a task that takes chance from elsewhere, when it fails, then the error says so', async () => {
    const scenario: Scenario = {
      tasks: ({ sleep }) => [task('dice', () => sleep(Math.random() * 50))],
      start: async ({ manager, tasks }) => {
        await manager.enqueue((tasks as readonly ReturnType<typeof task>[])[0] as never, undefined as never);
      },
      check: () => {
        throw new Error('never well');
      },
    };
    const { message } = await failureOf(simulate(scenario, { seeds: 1 }));
    expect(message).toContain('Use sim.now(), sim.sleep() and sim.random()');
  });

  it('given a job that never ends, when all is well again, then the error names it', async () => {
    const scenario = {
      tasks: () => [task('stuck', () => new Promise<void>(() => {}))],
      start: async ({ manager, tasks }: never) => {
        await (manager as never as { enqueue(t: unknown): Promise<unknown> }).enqueue((tasks as unknown[])[0]);
      },
    };
    const { message } = await failureOf(simulate(scenario as never, { seeds: 1, heal: '1m', faults: 'none' }));
    expect(message).toMatch(/job .* of stuck is still running .* after healing/);
  });

  it('given a start that throws, or a misspelt option, when it is simulated, then that is what is told', async () => {
    const scenario: Scenario = {
      tasks: () => [],
      start: () => {
        throw new Error('no such order');
      },
    };
    expect((await failureOf(simulate(scenario, { seeds: 1 }))).message).toContain('no such order');
    await expect(simulate(scenario, { seed: 1 } as never)).rejects.toThrow("Did you mean 'seeds'?");
    await expect(simulate(scenario, { faults: 'crash' as never })).rejects.toThrow('it is one of none, crashes');
  });

  it('given groups and children, when everything goes wrong, then limits hold and each child is one', async () => {
    const scenario = {
      world: () => ({ running: 0, most: 0 }),
      tasks: ({ sleep }: Sim<{ running: number; most: number }>) => {
        const leaf = task('leaf', async (_n: number) => void (await sleep(30)), {
          retry: { attempts: 50, backoff: 100 },
        });
        const tree = task(
          'tree',
          async (n: number, ctx) => {
            await ctx.enqueue(leaf, n);
            await sleep(20);
          },
          { retry: { attempts: 50, backoff: 100 } },
        );
        return { leaf, tree };
      },
      groups: () => [
        new TaskConstraintGroup({
          name: 'one',
          maxConcurrent: 1,
          constraintKeyForExecution: (one) => (one.name === 'leaf' ? 'all' : null),
        }),
      ],
    };
    await simulate(
      {
        ...scenario,
        start: async ({ manager, tasks }) => {
          await manager.enqueueMany(tasks.tree, [1, 2, 3]);
        },
        check: ({ jobs }) =>
          expect(jobs.map(({ task: name }) => name).filter((name) => name === 'leaf')).toHaveLength(3),
      },
      { seeds: 15 },
    );
  });
});
