/** What is wrong with a store and those who work on it: the decisions, given what was seen. */

import { shellWord } from '../core/shell.js';
import type { Counts, Finding, WorkerRecord } from '../store/index.js';

/** What was seen, in bounded looks. */
export interface Sight {
  /** This process's clock. */
  readonly now: number;
  /** The store's was read at most so long before `now`, or after. */
  readonly clockDoubtMs: number;
  /** The store's; null if it has none of its own. */
  readonly storeNow: number | null;
  readonly counts: Counts;
  readonly workers: readonly WorkerRecord[];
  /** Due jobs that wait, by queue and task. */
  readonly due: readonly DueJobs[];
  /** False if there are more waiting jobs than were looked at: then the numbers in `due` are lower bounds. */
  readonly isDueWhole: boolean;
  /** Running jobs whose lease ended this long ago, ms. */
  readonly overdueLeases: readonly number[];
  readonly schedules: readonly SeenSchedule[];
  /** Ids of failed jobs whose record could not be read, newest first. */
  readonly corrupt: readonly string[];
}

export interface DueJobs {
  readonly queue: string;
  readonly task: string;
  readonly jobs: number;
  readonly isPaused: boolean;
  /** The record version that a worker must read, if that is what they wait for: `reader:2`. */
  readonly reader: string | null;
}

export interface SeenSchedule {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly nextAt: number | null;
  readonly isReadable: boolean;
}

/** The leader sweeps every few seconds; what is late by more than this is not just about to be seen to. */
const LATE_MS = 60_000;
const SKEW_MS = 2_000;

const order: readonly Finding['severity'][] = ['problem', 'warning', 'note'];

/** Most pressing first. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return order.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

export function findingsOf(sight: Sight): readonly Finding[] {
  return [
    ...workerFindings(sight),
    ...taskFindings(sight),
    ...queueFindings(sight),
    ...leaseFindings(sight),
    ...scheduleFindings(sight),
    ...recordFindings(sight),
    ...clockFindings(sight),
  ];
}

function workerFindings({ workers, due, schedules, isDueWhole, counts }: Sight): readonly Finding[] {
  if (workers.length > 0) return [];
  const seen = due.reduce((sum, group) => sum + group.jobs, 0);
  const jobs = isDueWhole ? seen : Math.max(seen, counts.pending - counts.delayed);
  const live = schedules.filter((schedule) => schedule.nextAt !== null).length;
  const fix = 'Start one: taskspan worker FILE, or a TaskManager that has the tasks.';
  if (jobs > 0) {
    const message = `No worker is alive, and ${atLeast(jobs, isDueWhole, 'due job')} ${jobs === 1 ? 'waits' : 'wait'}.`;
    return [{ code: 'no-worker', severity: 'problem', message, fix }];
  }
  if (live > 0) {
    const message = `No worker is alive, so ${count(live, 'schedule')} ${live === 1 ? 'makes' : 'make'} no jobs.`;
    return [{ code: 'no-worker', severity: 'warning', message, fix }];
  }
  return [{ code: 'no-worker', severity: 'note', message: 'No worker is alive; nothing is due.', fix: null }];
}

/** Where nobody is alive, that is all that needs to be said. */
function taskFindings({ workers, due, isDueWhole }: Sight): readonly Finding[] {
  if (workers.length === 0) return [];
  return due.flatMap(({ queue, task, jobs, reader }): readonly Finding[] => {
    const wait = `${atLeast(jobs, isDueWhole, 'due job')} of task '${task}' ${jobs === 1 ? 'waits' : 'wait'} in queue '${queue}'`;
    if (reader !== null) {
      const message = `${wait} for a newer taskspan (${reader}) than the live workers run.`;
      return [{ code: 'newer-record', severity: 'problem', message, fix: 'Update a worker.' }];
    }
    if (workers.some((worker) => isAble(worker, queue, task))) return [];
    const having = workers.filter((worker) => worker.tasks.includes(task));
    const queues = [...new Set(having.flatMap((worker) => worker.queues))].join(', ');
    const why =
      having.length === 0
        ? `none of the ${count(workers.length, 'live worker')} has that task`
        : `those who have that task serve only ${queues}`;
    const cancel = `taskspan cancel --task ${shellWord(task)} --queue ${shellWord(queue)}`;
    const fix =
      having.length === 0
        ? `Start a worker that has it, or cancel them: ${cancel}`
        : `Enqueue it to the task's own queue, and cancel these: ${cancel}`;
    return [{ code: 'unknown-task', severity: 'problem', message: `${wait}, and ${why}.`, fix }];
  });
}

function queueFindings({ due, isDueWhole }: Sight): readonly Finding[] {
  const paused = new Map<string, number>();
  for (const { queue, jobs, isPaused } of due) if (isPaused) paused.set(queue, (paused.get(queue) ?? 0) + jobs);
  return [...paused].map(([queue, jobs]) => ({
    code: 'queue-paused',
    severity: 'warning',
    message: `Queue '${queue}' is paused, and ${atLeast(jobs, isDueWhole, 'due job')} ${jobs === 1 ? 'waits' : 'wait'} there.`,
    fix: `Let it go on: taskspan resume ${shellWord(queue)}`,
  }));
}

function leaseFindings({ overdueLeases, workers }: Sight): readonly Finding[] {
  const isSwept = workers.length > 0;
  const late = isSwept ? overdueLeases.filter((ms) => ms > LATE_MS) : overdueLeases;
  if (late.length === 0) return [];
  const [are, their] = late.length === 1 ? ['is', 'its'] : ['are', 'their'];
  const message = `${count(late.length, 'job')} ${are} still marked as running, though ${their} worker's lease is over.`;
  const fix = isSwept
    ? 'The leading worker should have freed them: look at its log, or restart it.'
    : 'Start a worker: it gives them back within seconds.';
  return [{ code: 'lease-over', severity: 'problem', message, fix }];
}

function scheduleFindings({ schedules, workers, now }: Sight): readonly Finding[] {
  return schedules.flatMap(({ id, task, queue, nextAt, isReadable }): readonly Finding[] => {
    if (!isReadable) {
      const message = `Schedule '${id}' can't be read here: its record is damaged, of a later version, or of a time zone unknown here. A leading worker that can't read it either doesn't fire it.`;
      return [
        {
          code: 'schedule-corrupt',
          severity: 'problem',
          message,
          fix: `Update taskspan and Node, or remove it (taskspan schedule rm ${shellWord(id)}) and schedule it anew.`,
        },
      ];
    }
    if (nextAt === null || workers.length === 0) return [];
    const findings: Finding[] = [];
    if (!workers.some((worker) => isAble(worker, queue, task))) {
      const message = `Schedule '${id}' makes jobs of task '${task}' in queue '${queue}', which no live worker can run.`;
      const fix = `Start a worker that has the task, or end the schedule: taskspan schedule rm ${shellWord(id)}`;
      findings.push({ code: 'schedule-without-worker', severity: 'warning', message, fix });
    }
    if (nextAt < now - LATE_MS) {
      const message = `Schedule '${id}' has not fired its slot of ${new Date(nextAt).toISOString()}.`;
      const fix = 'The leading worker fires schedules: look at its log, or restart it.';
      findings.push({ code: 'schedule-late', severity: 'problem', message, fix });
    }
    return findings;
  });
}

function recordFindings({ corrupt }: Sight): readonly Finding[] {
  const [newest] = corrupt;
  if (newest === undefined) return [];
  const message = `${count(corrupt.length, 'job')} failed because what is stored of ${corrupt.length === 1 ? 'it' : 'them'} can't be read; the newest is ${newest}.`;
  const fix = `Look at it (taskspan show ${shellWord(newest)}) and enqueue its work anew. If the store's disk may be failing, check it.`;
  return [{ code: 'corrupt-records', severity: 'warning', message, fix }];
}

function clockFindings({ now, clockDoubtMs, storeNow, workers }: Sight): readonly Finding[] {
  const findings: Finding[] = [];
  const skewMs = storeNow === null ? 0 : storeNow - now;
  if (Math.abs(skewMs) > SKEW_MS + clockDoubtMs) {
    const message = `The store's clock is ${seconds(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's. Due times are judged by the store's.`;
    findings.push({ code: 'clock-skew', severity: 'warning', message, fix: 'Set both by NTP.' });
  }
  const ahead = Math.max(...workers.map((worker) => worker.seenAt - (storeNow ?? now)));
  if (ahead > SKEW_MS) {
    const message = `A worker was last seen ${seconds(ahead)} in the future: a clock stepped back. Leases and due times may come late by as much.`;
    findings.push({ code: 'clock-stepped', severity: 'warning', message, fix: 'Set the clock by NTP, slewing it.' });
  }
  return findings;
}

function isAble(worker: WorkerRecord, queue: string, task: string): boolean {
  return worker.tasks.includes(task) && worker.queues.includes(queue);
}

function atLeast(n: number, isWhole: boolean, noun: string): string {
  return isWhole ? count(n, noun) : `at least ${count(n, noun)}`;
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n.toLocaleString('en')} ${noun}s`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
