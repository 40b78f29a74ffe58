/** One job per schedule, rule and slot; none is passed over, and none stays of a rule that is gone. */

import type { JobRecord, NewJob } from '../../core/job.js';
import type { ScheduleAdvance, ScheduleRecord } from '../../store/index.js';
import type { Records } from './check-answers.js';
import { InvariantError } from './invariant-error.js';
import type { Carried } from './sim-store.js';

type Schedules = ReadonlyMap<string, ScheduleRecord>;

export class ScheduleCheck {
  #schedules: Schedules = new Map();
  /** Slots that have had a job: schedule, rule, slot → the job. */
  readonly #slots: Map<string, string> = new Map();
  /** The latest slot that somebody brought a job for, by schedule and rule. */
  readonly #brought: Map<string, number> = new Map();

  /** A job was made. */
  made({ id, rare }: JobRecord): void {
    if (rare?.scheduleVersion === undefined) return;
    const slot = `${rare.scheduleId}/${rare.scheduleVersion}/${rare.scheduleSlot}`;
    const earlier = this.#slots.get(slot);
    if (earlier !== undefined && earlier !== id)
      throw new InvariantError(6, `slot ${slot} has two jobs: ${earlier} and ${id}.`);
    this.#slots.set(slot, id);
  }

  /** @param read the schedules as they are now */
  async check({ verb, args, reply }: Carried, records: Records, read: () => Promise<Schedules>): Promise<void> {
    if (verb === 'insert') for (const { rare } of args[0] as readonly NewJob[]) this.#bring(rare);
    if (verb !== 'putSchedule' && verb !== 'removeSchedule' && verb !== 'advanceSchedules') return;
    const before = this.#schedules;
    this.#schedules = await read();
    if (verb === 'advanceSchedules') {
      const answers = reply as readonly boolean[];
      (args[0] as readonly ScheduleAdvance[]).forEach((advance, i) => {
        this.#checkAdvance(advance, answers[i] === true, before.get(advance.id));
      });
      return;
    }
    const id = verb === 'removeSchedule' ? (args[0] as string) : (args[0] as ScheduleRecord).id;
    const fingerprint = this.#schedules.get(id)?.fingerprint;
    if (fingerprint !== before.get(id)?.fingerprint || verb === 'removeSchedule') checkLeft(id, fingerprint, records);
  }

  /** The store has lost writes. */
  async forget(records: Records, read: () => Promise<Schedules>): Promise<void> {
    this.#slots.clear();
    this.#schedules = await read();
    for (const record of records.values()) this.made(record);
  }

  #bring(rare: NewJob['rare']): void {
    if (rare?.scheduleVersion === undefined || rare.scheduleSlot === undefined) return;
    const rule = `${rare.scheduleId}/${rare.scheduleVersion}`;
    this.#brought.set(rule, Math.max(this.#brought.get(rule) ?? 0, rare.scheduleSlot));
  }

  #checkAdvance(advance: ScheduleAdvance, isDone: boolean, from: ScheduleRecord | undefined): void {
    const { id, fingerprint, fromNextAt } = advance;
    const isRight = from?.fingerprint === fingerprint && from.nextAt === fromNextAt;
    if (isDone !== isRight)
      throw new InvariantError(
        6,
        `schedule ${id} was ${isDone ? '' : 'not '}advanced from ${fromNextAt} under ${fingerprint}.`,
      );
    if (isDone && (this.#brought.get(`${id}/${fingerprint}`) ?? 0) < fromNextAt)
      throw new InvariantError(6, `schedule ${id} passed over slot ${fromNextAt}: nobody brought its job.`);
  }
}

function checkLeft(scheduleId: string, fingerprint: string | undefined, records: Records): void {
  for (const { id, rare, state, claimedAt, generation } of records.values()) {
    if (rare?.scheduleId !== scheduleId || rare.scheduleVersion === undefined) continue;
    const isWaiting = (state === 'pending' || state === 'suspended') && claimedAt === null && generation === 1;
    if (isWaiting && rare.scheduleVersion !== fingerprint)
      throw new InvariantError(6, `job ${id} of schedule ${scheduleId} waits on, though its rule is gone.`);
  }
}
