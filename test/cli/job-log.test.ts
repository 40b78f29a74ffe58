/** The lines of what ends here, and the count of what runs. */
import { TaskManager, task } from 'taskspan';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { JobLog } from '../../src/cli/job-log.js';
import { Emitter, type EventJob } from '../../src/engine/events.js';

const options = { onlyTroubles: false, isSampled: false };

describe('the log of jobs', () => {
  let printed: string[] = [];
  beforeEach(() => {
    printed = [];
    const spy = vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
    onTestFinished(() => spy.mockRestore());
  });

  it('given a job that runs again beside its old self, whose lease was lost, when the old one ends, then the new one counts, and its return is told', () => {
    const emitter = new Emitter();
    const log = new JobLog(emitter as unknown as TaskManager, options);
    const old = { id: 'job-of-two-runs', task: 't', attempt: 1, maxAttempts: 3 } as EventJob;
    const young = { ...old, attempt: 2 };
    emitter.emit('started', { job: old });
    emitter.emit('started', { job: young });
    expect(log.running).toBe(2);
    emitter.emit('lost', { job: old });
    expect(log.running).toBe(1);
    emitter.emit('returned', { job: young, durationMs: 5, reason: 'released' });
    expect(log.running).toBe(0);
    expect(printed).toEqual([expect.stringContaining('its lease is lost'), expect.stringContaining('given back')]);
  });

  it('given a manager at work, when its job has ended, then nothing runs', async () => {
    const quick = task('quick', () => 1);
    const manager = new TaskManager({ tasks: [quick] });
    onTestFinished(() => manager.close());
    const log = new JobLog(manager, options);
    const running: number[] = [];
    for (const event of ['started', 'completed'] as const) manager.on(event, () => running.push(log.running));
    await manager.start();
    await (await manager.enqueue(quick)).result();
    expect(running).toEqual([1, 0]);
    expect(printed).toEqual([expect.stringContaining('quick')]);
  });
});
