/** Schedules: rules that make jobs. The store keeps and compares them, and never reads a rule. */

import { goesWithRule } from '../../core/transitions.js';
import type { ScheduleAdvance, ScheduleDefinition, ScheduleRecord } from '../../store/contract.js';
import type { StoredJob } from './rows.js';
import type { Session } from './session.js';
import {
  ADVANCE_SCHEDULE,
  DELETE_SCHEDULE,
  DUE_SCHEDULES,
  RAISE_SCHEDULE_VERSION,
  SCHEDULE,
  SCHEDULES,
  WAITING_OF_SCHEDULE,
  WRITE_SCHEDULE,
} from './sql/settings.js';
import type { Tx } from './tx.js';

interface ScheduleRow {
  readonly id: string;
  readonly definition_version: number;
  readonly task: string;
  readonly queue: string;
  readonly input: string | null;
  readonly rule: string;
  readonly template: string;
  readonly fingerprint: string;
  readonly next_at: number | null;
  readonly created_at: number;
  readonly fired_count: number;
  readonly last_job_id: string | null;
  readonly last_slot: number | null;
}

/** A schedule has a job a slot at most, so more than a few that nobody claimed is a long backlog; this bounds a piece of it. */
const LOOKED_AT_ONCE = 1_000;

export function putSchedule(
  session: Session,
  given: ScheduleDefinition,
): 'created' | 'updated' | 'unchanged' | 'stale' {
  return session.write((tx) => {
    const earlier = tx.db.get<ScheduleRow>(SCHEDULE, [given.id]);
    if (earlier !== undefined) {
      if (given.definitionVersion < earlier.definition_version) return 'stale';
      if (given.fingerprint === earlier.fingerprint) {
        // Registered again, after a restart or an eviction: it goes on where it was.
        if (given.definitionVersion === earlier.definition_version) return 'unchanged';
        tx.db.run(RAISE_SCHEDULE_VERSION, [given.definitionVersion, given.id]);
        return 'updated';
      }
    }
    // Without an earlier one too: an insert may have come after the schedule that it was made for was removed.
    removeUnclaimed(tx, given.id, given.fingerprint);
    tx.news();
    const { id, definitionVersion, task, queue, input, rule, template, fingerprint, nextAt } = given;
    const createdAt = earlier?.created_at ?? tx.now;
    tx.db.run(WRITE_SCHEDULE, [
      id,
      definitionVersion,
      task,
      queue,
      input,
      rule,
      template,
      fingerprint,
      nextAt,
      createdAt,
      0,
      null,
      null,
    ]);
    return earlier === undefined ? 'created' : 'updated';
  });
}

export function removeSchedule(session: Session, id: string): boolean {
  return session.write((tx) => {
    removeUnclaimed(tx, id, null);
    tx.news();
    return tx.db.run(DELETE_SCHEDULE, [id]) > 0;
  });
}

function removeUnclaimed(tx: Tx, id: string, fingerprint: string | null): void {
  for (let after = -1; ; ) {
    const jobs = tx.db.all<{ seq: number }>(WAITING_OF_SCHEDULE, [id, after, LOOKED_AT_ONCE]);
    for (const { seq } of jobs) {
      const job = tx.bySeq(seq, 'without input') as StoredJob;
      if (goesWithRule(job.record, fingerprint)) tx.remove(job);
      after = seq;
    }
    if (jobs.length < LOOKED_AT_ONCE) return;
  }
}

export function listSchedules(
  session: Session,
  { ids, dueBefore }: { readonly ids?: readonly string[]; readonly dueBefore?: number },
  limit: number,
): readonly ScheduleRecord[] {
  if (ids === undefined) {
    const rows =
      dueBefore === undefined
        ? session.db.all<ScheduleRow>(SCHEDULES, [limit])
        : session.db.all<ScheduleRow>(DUE_SCHEDULES, [dueBefore, limit]);
    return rows.map(scheduleOf);
  }
  return session.db.snapshot(() =>
    [...new Set(ids)]
      .flatMap((id) => session.db.get<ScheduleRow>(SCHEDULE, [id]) ?? [])
      .filter(({ next_at }) => dueBefore === undefined || (next_at !== null && next_at <= dueBefore))
      .sort((a, b) => (a.next_at ?? Infinity) - (b.next_at ?? Infinity))
      .slice(0, limit)
      .map(scheduleOf),
  );
}

export function advanceSchedules(session: Session, advances: readonly ScheduleAdvance[]): readonly boolean[] {
  if (advances.length === 0) return [];
  return session.write((tx) =>
    advances.map(({ id, fingerprint, fromNextAt, toNextAt, firedCount, lastJobId, lastSlot }) => {
      const params = [toNextAt, firedCount, lastJobId, lastSlot, id, fingerprint, fromNextAt];
      return tx.db.run(ADVANCE_SCHEDULE, params) > 0;
    }),
  );
}

function scheduleOf(row: ScheduleRow): ScheduleRecord {
  const { id, task, queue, input, rule, template, fingerprint } = row;
  return {
    ...{ id, task, queue, input, rule, template, fingerprint },
    definitionVersion: row.definition_version,
    nextAt: row.next_at,
    createdAt: row.created_at,
    firedCount: row.fired_count,
    lastJobId: row.last_job_id,
    lastSlot: row.last_slot,
  };
}
