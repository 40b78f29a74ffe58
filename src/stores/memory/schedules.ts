import { goesWithRule } from '../../core/transitions.js';
import type { ScheduleAdvance, ScheduleDefinition, ScheduleRecord } from '../../store/contract.js';
import type { MemoryState } from './state.js';

export function putSchedule(
  state: MemoryState,
  schedule: ScheduleDefinition,
): 'created' | 'updated' | 'unchanged' | 'stale' {
  const earlier = state.schedules.get(schedule.id);
  if (earlier !== undefined) {
    if (schedule.definitionVersion < earlier.definitionVersion) return 'stale';
    if (earlier.fingerprint === schedule.fingerprint) {
      state.schedules.set({ ...earlier, definitionVersion: schedule.definitionVersion });
      return schedule.definitionVersion > earlier.definitionVersion ? 'updated' : 'unchanged';
    }
  }
  // Without an earlier one too: an insert may have come after the schedule that it was made for was removed.
  removeUnclaimed(state, schedule.id, schedule.fingerprint);
  state.schedules.set({
    ...schedule,
    createdAt: earlier?.createdAt ?? state.clock(),
    firedCount: 0,
    lastJobId: null,
    lastSlot: null,
  });
  return earlier === undefined ? 'created' : 'updated';
}

export function removeSchedule(state: MemoryState, id: string): boolean {
  removeUnclaimed(state, id, null);
  return state.schedules.remove(id);
}

export function listSchedules(
  state: MemoryState,
  { ids, dueBefore = Infinity }: { readonly ids?: readonly string[]; readonly dueBefore?: number },
  limit: number,
): readonly ScheduleRecord[] {
  if (ids === undefined) return state.schedules.first(dueBefore, limit).filter(isDue(dueBefore));
  return [...new Set(ids)]
    .flatMap((id) => state.schedules.get(id) ?? [])
    .filter(isDue(dueBefore))
    .sort((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity))
    .slice(0, limit);
}

/** Without a bound, those that have no further slot count too. */
function isDue(dueBefore: number): (schedule: ScheduleRecord) => boolean {
  return ({ nextAt }) => dueBefore === Infinity || (nextAt !== null && nextAt <= dueBefore);
}

export function advanceSchedule(state: MemoryState, advance: ScheduleAdvance): boolean {
  const schedule = state.schedules.get(advance.id);
  if (schedule === undefined || schedule.fingerprint !== advance.fingerprint || schedule.nextAt !== advance.fromNextAt)
    return false;
  const { toNextAt, firedCount, lastJobId, lastSlot } = advance;
  state.schedules.set({ ...schedule, nextAt: toNextAt, firedCount, lastJobId, lastSlot });
  return true;
}

function removeUnclaimed(state: MemoryState, id: string, fingerprint: string | null): void {
  for (const row of [...(state.scheduled.get(id) ?? [])]) {
    if (goesWithRule(row, fingerprint)) state.remove(row, state.clock());
  }
}
