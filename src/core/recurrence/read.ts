import { ScheduleError } from '../errors.js';
import { quote } from './quote.js';
import type { Recurrence } from './rule.js';
import { nextSlot } from './slots.js';

/**
 * A rule as it is stored, if this process can tell its slots: whoever stored it may run another version, or know
 * other zones.
 *
 * @throws SyntaxError if the text is damaged; ScheduleError if its kind or its zone is unknown here
 */
export function readRecurrence(text: string): Recurrence {
  const rule = JSON.parse(text) as Recurrence | null;
  if (rule === null || !hasWhatMakesSlots(rule)) {
    throw new ScheduleError(
      `The stored rule ${quote(text)} is damaged, or of a later version than this process runs. Update taskspan here.`,
    );
  }
  // A zone or a pattern is looked at only when a slot is asked for.
  nextSlot(rule, 0, 0);
  return rule;
}

function hasWhatMakesSlots(rule: Recurrence): boolean {
  switch (rule.kind) {
    case 'at':
      return Number.isFinite(rule.at);
    case 'every':
      return rule.everyMs >= 1 && Number.isFinite(rule.anchorAt);
    case 'cron':
      return typeof rule.cron === 'string' && typeof rule.timeZone === 'string';
    default:
      return false;
  }
}
