/** The document's samples with a manager, and of chains, run as they are written, in virtual time. */

import { Task, type TaskManager } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { World } from '../engine/world.js';
import { run, taskOf, taskspanIn } from './samples.js';

describe('chains', () => {
  it('hand results on, and change', async () => {
    const saved: unknown[] = [];
    const given = {
      fetch: async () => ({ json: async () => [{ id: 1 }, { id: 2 }] }),
      database: { save: async (data: unknown) => void saved.push(data) },
    };
    const { names, printed } = await run('core-concepts', 'Task Chains', given);
    expect(printed).toEqual(['Saved 2 items']);
    expect(saved).toEqual([
      [
        { id: 1, transformed: true },
        { id: 2, transformed: true },
      ],
    ]);
    const { pipeline, fetchTask, saveTask, transformTask } = names;
    const newTask = taskOf('new');
    await run('core-concepts', 'Task Chains 2', { pipeline, newTask, oldTask: transformTask });
    expect(pipeline.taskArray).toEqual([saveTask, newTask]);
    expect([pipeline.removeTask(fetchTask), pipeline.shiftTask()]).toEqual([false, saveTask]);
  });

  it('run in parallel with one input', async () => {
    const heard: unknown[] = [];
    const taskFor = (name: string): Task => taskOf(name, async (input: string) => void heard.push([name, input]));
    const given = {
      emailTask: taskFor('email'),
      smsTask: taskFor('sms'),
      pushNotificationTask: taskFor('push'),
      webhookTask: taskFor('webhook'),
      notificationData: 'hi',
    };
    await run('core-concepts', 'Parallel Execution', given);
    expect(heard).toEqual(['email', 'sms', 'push', 'webhook'].map((name) => [name, 'hi']));
  });

  it('that fail say where, and keep the cause', async () => {
    const cause = new Error('no such column');
    const fail = () => Promise.reject(cause);
    const rollbackTask = taskOf('rollback');
    const verifyIntegrityTask = taskOf('verify');
    const given = {
      backupTask: taskOf('backup'),
      validateSchemaTask: taskOf('validate'),
      runMigrationsTask: taskOf('run-migrations', fail),
      verifyIntegrityTask,
      rollbackTask,
    };
    const { names, printed } = await run('advanced-patterns', 'Database Migration Pipeline', given);
    expect(printed).toEqual(["Chain 'DatabaseMigration' failed at task 'run-migrations' (index 2): no such column"]);
    expect(names.migration.lastError.cause).toBe(cause);
    expect([rollbackTask.runCount, verifyIntegrityTask.runCount]).toEqual([1, 0]);
    const good = await run('advanced-patterns', 'Database Migration Pipeline', {
      ...given,
      runMigrationsTask: taskOf('run'),
    });
    expect(good.printed).toEqual(['Migration successful!']);
  });
});

describe('the manager', () => {
  it('registers, schedules, constrains, looks, triggers, reports, starts and stops', async () => {
    const world = new World({ startAt: Date.UTC(2030, 0, 1, 1, 58) });
    const imports = taskspanIn(world);
    const steps = [
      { name: 'step1', description: '', percentage: 40 },
      { name: 'step2', description: '', percentage: 60 },
    ] as const;
    const temporaryTask = new Task({
      name: 'TempTask',
      steps,
      taskFunction: async (_input: unknown, _setup, ctx) => {
        ctx.notifyStep('step1');
        await world.sleep(1_523);
        ctx.notifyStep('step2');
        return 'any';
      },
    });
    const deployTask = new Task({ name: 'Deploy', labels: { env: 'production' }, taskFunction: async () => {} });
    const group = (name: string): unknown =>
      new imports.TaskConstraintGroup({ name, constraintKeyForExecution: () => null });
    const given = {
      dataProcessor: taskOf('DataProcessor'),
      deployTask,
      backupTask: taskOf('Backup'),
      healthCheck: taskOf('Health'),
      globalCap: group('cap'),
      perDomainMutex: group('domain-mutex'),
      temporaryTask,
    };
    const running = run('taskmanager', 'TaskManager', given, imports);
    await world.time.advance(1_523);
    const { names, printed } = await running;
    expect(names.meta).toMatchObject({
      name: 'Deploy',
      status: 'idle',
      runCount: 0,
      labels: { env: 'production' },
      errorCount: 0,
    });
    expect(names.allMeta.map(({ name }: { name: string }) => name)).toEqual([
      'DataProcessor',
      'Deploy',
      'Backup',
      'Health',
    ]);
    const nextRun = new Date(Date.UTC(2030, 0, 1, 2, 0));
    expect(names.scheduled).toHaveLength(2);
    expect(names.scheduled).toContainEqual(
      expect.objectContaining({ name: 'Health', schedule: '*/5 * * * *', nextRun }),
    );
    expect(names.scheduled).toContainEqual(expect.objectContaining({ name: 'Backup', schedule: '0 2 * * *', nextRun }));
    expect(names.nextRuns).toHaveLength(2);
    expect(deployTask.runCount).toBe(1);
    const startTime = Date.UTC(2030, 0, 1, 1, 58);
    expect(printed).toEqual([
      names.meta,
      {
        taskName: 'TempTask',
        startTime,
        endTime: startTime + 1_523,
        duration: 1_523,
        steps: [expect.objectContaining({ name: 'step1' }), expect.objectContaining({ name: 'step2' })],
        stepsCompleted: ['step1', 'step2'],
        progress: 100,
        result: 'any',
      },
    ]);
    expect(names.manager.getTaskByName('TempTask')).toBeUndefined();
    await world.time.advance('10m');
    expect([given.healthCheck.runCount, given.backupTask.runCount]).toEqual([0, 0]);
    await names.manager.start();
    await world.time.advance('5m');
    expect(given.healthCheck.runCount).toBeGreaterThan(0);
  });

  it('removes tasks, schedules and groups', async () => {
    const world = new World();
    const imports = taskspanIn(world);
    const manager: TaskManager = new imports.TaskManager();
    const task = taskOf('gone');
    manager.addTask(task);
    manager.addAndScheduleTask(taskOf('Deploy'), '* * * * *');
    const mutex = new imports.TaskConstraintGroup({ name: 'domain-mutex', constraintKeyForExecution: () => 'k' });
    manager.addConstraintGroup(mutex);
    await run('taskmanager', 'Remove Tasks', { manager, task }, imports);
    await run('taskmanager', 'Remove Constraint Groups', { manager }, imports);
    expect(manager.tasks.map(({ name }) => name)).toEqual(['Deploy']);
    expect([manager.getScheduledTasks(), manager.constraintGroups]).toEqual([[], []]);
    await manager.start();
    await world.time.advance('3m');
    expect(manager.getTaskByName('Deploy')?.runCount).toBe(0);
  });

  it('serves many tenants', async () => {
    const world = new World();
    const imports = taskspanIn(world);
    const sent: unknown[] = [];
    const given = {
      syncData: async (tenant: string) => `synced ${tenant}`,
      wss: { broadcast: (tenantId: string, text: string) => void sent.push([tenantId, JSON.parse(text).type]) },
    };
    const { names } = await run('advanced-patterns', 'Multi-Tenant SaaS Monitoring', given, imports);
    expect(names.acmeTasks).toMatchObject([{ name: 'acme:sync', labels: { tenantId: 'acme' } }]);
    expect(await names.manager.triggerTaskByName('globex:sync')).toBe('synced globex');
    expect(sent).toEqual([
      ['globex', 'started'],
      ['globex', 'completed'],
    ]);
    expect(names.tenantLimit.getConstraintKey(names.manager.getTaskByName('acme:sync'))).toBe('acme');
  });
});
