/** Listeners that throw harm neither the run, nor other listeners, nor the process. */

import { map, tap } from 'rxjs';
import { type ITaskEvent, Task } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { World } from '../engine/world.js';

const boom = (): never => {
  throw new Error('boom');
};

/** Subscribes in some way that goes wrong at each event. */
type Subscribe = (task: Task, subject: Task['eventSubject']) => void;

const ways: readonly (readonly [what: string, subscribe: Subscribe])[] = [
  ['throws', (_task, subject) => subject.subscribe(boom)],
  ['throws in an observer', (_task, subject) => subject.subscribe({ next: boom })],
  ['throws behind an operator', (_task, subject) => subject.pipe(map(({ type }) => type)).subscribe(boom)],
  [
    'throws behind two operators',
    (_task, subject) =>
      subject
        .pipe(map((e) => e))
        .pipe(map((e) => e))
        .subscribe(boom),
  ],
  ['has an operator that throws', (_task, subject) => subject.pipe(tap(boom)).subscribe()],
  ['is async and rejects', (_task, subject) => subject.subscribe(async () => boom())],
  [
    'is async, behind an operator, and rejects',
    (_task, subject) => subject.pipe(map((e) => e)).subscribe(async () => boom()),
  ],
  [
    'throws what has no text',
    (_task, subject) =>
      subject.subscribe(() => {
        throw Object.create(null);
      }),
  ],
  ['throws as forEach', (_task, subject) => void subject.forEach(boom).catch(() => {})],
];

describe.each(ways)('a listener that %s', (_what, subscribe) => {
  it.each(['eventSubject', 'taskSubject'] as const)(
    'given it is on %s, when a task runs, then the run and the others don’t know',
    async (which) => {
      const world = new World();
      const { manager, logged } = world.life();
      const task: Task = new Task({ name: 't', taskFunction: async () => 'result' });
      manager.addTask(task);
      const events: ITaskEvent[] = [];
      const subject = which === 'eventSubject' ? task.eventSubject : manager.taskSubject;
      const errors: unknown[] = [];
      const hear = (error: unknown): void => void errors.push(error);
      process.on('uncaughtException', hear);
      try {
        subscribe(task, subject);
        subject.subscribe((event) => void events.push(event));
        expect(await manager.triggerTask(task)).toBe('result');
        expect(await task.trigger()).toBe('result');
        await new Promise((resolve) => setTimeout(resolve, 5));
      } finally {
        process.off('uncaughtException', hear);
      }
      expect(events.map(({ type }) => type)).toEqual(['started', 'completed', 'started', 'completed']);
      expect([task.errorCount, task.running, errors]).toEqual([0, false, []]);
      if (!_what.includes('forEach')) {
        expect(logged.filter(({ level, message }) => level === 'error' && message.includes('listener'))).not.toEqual(
          [],
        );
      }
    },
  );
});
