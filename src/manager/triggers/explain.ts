/** Why isn't my trigger running? */

import type { AnyTask } from '../../task/index.js';
import { ago, type Cause, cause } from '../cause.js';
import type { KeySlots } from '../constraints/key-slots.js';

/** Why a trigger of a task waits here, or would. */
export interface TriggerExplanation {
  /** The task's name. */
  readonly task: string;
  /** Runs under way here, jobs too. */
  readonly running: number;
  /** Most telling first; never empty. */
  readonly causes: readonly Cause[];
  /** One line for people. */
  readonly summary: string;
}

const HOLDERS_NAMED = 10;

/**
 * @param own what in this process keeps it waiting
 * @param shared why the store doesn't let in the one that waits for it
 */
export function explainTrigger(task: AnyTask, own: readonly Cause[], shared: readonly Cause[]): TriggerExplanation {
  const causes = [...own, ...shared, ...bufferCauses(task)];
  if (causes.length === 0) causes.push(cause('next', 'Nothing is in its way: a trigger would run at once.'));
  const { running } = task.runs;
  const summary = `Task '${task.name}' (${running} running here): ${causes.map(({ message }) => message).join(' ')}`;
  return { task: task.name, running, causes, summary };
}

/** What the key would say to who comes now. */
export function keyCauses(
  slots: KeySlots,
  holders: readonly string[],
  now: number,
  epochNow: number,
): readonly Cause[] {
  const name = `constraint group '${slots.group}', key '${slots.key}'`;
  const waiting = slots.waitingCount === 0 ? '' : ` ${slots.waitingCount} wait there.`;
  const opensAt = slots.opens(now);
  if (opensAt === null) {
    const held = holders.length === 0 ? '' : ` Held by ${holders.slice(0, HOLDERS_NAMED).join(', ')}.`;
    const message = `It waits for ${name}: ${slots.running} of ${slots.limits.maxConcurrent} run in this process.${held}${waiting}`;
    return [cause('constraint-full', message)];
  }
  if (opensAt <= now) return [];
  const message = `It waits for ${name}, which has room again in ${ago(opensAt - now)}.${waiting}`;
  return [cause('constraint-cooling', message, Math.ceil(epochNow + opensAt - now))];
}

function bufferCauses(task: AnyTask): readonly Cause[] {
  const { bufferMax, runs } = task;
  if (bufferMax === undefined || runs.running < bufferMax) return [];
  return [
    cause(
      'buffer-full',
      `Its buffer is full: ${runs.running} run, and its bufferMax is ${bufferMax}; ${bufferMax} may wait, and a call beyond replaces the newest of them.`,
    ),
  ];
}
