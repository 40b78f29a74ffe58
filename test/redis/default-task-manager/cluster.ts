/** Managers of one cluster in this process, on a real Redis, in a namespace of the test's own. */

import { type CreatedTask, DefaultTaskManager, type DefaultTaskManagerOptions } from 'taskspan/redis';
import { onTestFinished } from 'vitest';
import type { Logger } from '../../../src/index.js';
import { redisForTest } from '../servers/index.js';
import { until } from '../servers/until.js';

export class Cluster {
  readonly url: string;
  readonly logged: string[] = [];

  private constructor(url: string) {
    this.url = url;
  }

  static async make(): Promise<Cluster> {
    return new Cluster(await redisForTest());
  }

  manager(options: DefaultTaskManagerOptions = {}): DefaultTaskManager {
    const manager = new DefaultTaskManager({ redis: this.url, logger: this.#logger, ...options });
    onTestFinished(() => manager.shutdown({ timeout: 0 }));
    return manager;
  }

  /** What was logged of listeners. */
  get complaints(): string[] {
    return this.logged.filter((line) => line.includes('a listener of'));
  }

  get #logger(): Logger {
    const log = (message: string): void => void this.logged.push(message);
    return { debug: log, info: log, warn: log, error: log };
  }
}

/** How a committed task ended, told by its own events. */
export async function endOf(task: CreatedTask): Promise<{ readonly success: unknown } | { readonly failure: Error }> {
  let end: { readonly success: unknown } | { readonly failure: Error } | null = null;
  task.on('success', (success) => {
    end = { success };
  });
  task.on('failure', (failure) => {
    end = { failure };
  });
  await until('the end of a task', () => end !== null);
  return end as never;
}

/** Commits a task of this payload. */
export async function committed(manager: DefaultTaskManager, data: unknown): Promise<CreatedTask> {
  return (await manager.create(data)).commit();
}

/** A promise, and what resolves it. */
export function latch(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
