/** The lines of the live region. Pure: the same state, size and time give the same lines. */

import { type Paint, shortId, shownCount, shownDuration } from '../terminal.js';
import type { LiveJob, LiveState } from './state.js';
import { clippedTo, oneLine, padded, textWidth } from './text.js';

export interface Frame {
  readonly columns: number;
  readonly rows: number;
  /** Epoch ms. */
  readonly now: number;
  readonly paint: Paint;
}

/** What ends sooner would only flicker. */
const SHOWN_AFTER_MS = 300;

/** As wide as the time of day in the log, and the space after it: the marks stand under each other. */
const MARGIN = 9;
const BAR = 16;
const MAX_JOBS = 12;

/** A blank line, the running jobs, a summary. No line is as wide as the terminal, so none wraps. */
export function drawLive(state: LiveState, frame: Frame): string[] {
  const width = frame.columns - 1;
  const places = Math.min(MAX_JOBS, Math.floor(frame.rows / 2) - 2);
  if (width < 10 || places < 0) return [];
  const old = state.running.filter(({ startedAt }) => frame.now - startedAt >= SHOWN_AFTER_MS);
  const areTooMany = state.runningCount > places;
  const shown = old.slice(0, areTooMany ? places - 1 : places);
  const taskWidth = Math.min(32, Math.max(state.taskWidth, ...shown.map(({ task }) => textWidth(oneLine(task)))));
  const jobs = shown.map((job) => jobLine(job, taskWidth, width, frame));
  if (areTooMany && shown.length > 0) {
    const text = `${margin(width)}… and ${shownCount(state.runningCount - shown.length)} more`;
    jobs.push(cut([{ text, style: 'dim' }], width, frame.paint));
  }
  return ['', ...jobs, summary(state, width, frame)];
}

interface Part {
  readonly text: string;
  readonly style?: Parameters<Paint>[0];
}

function jobLine(job: LiveJob, taskWidth: number, width: number, { now, paint }: Frame): string {
  const { id, task, attempt, maxAttempts, startedAt, percent, step } = job;
  const parts: Part[] = [
    { text: `${margin(width)}▸ ` },
    { text: `${padded(clippedTo(oneLine(task), taskWidth), taskWidth)}  ` },
    { text: shortId(id), style: 'dim' },
    { text: `  ${wholeSeconds(now - startedAt).padStart(6)}` },
  ];
  if (percent !== null) {
    const full = Math.round((percent / 100) * BAR);
    parts.push(
      { text: `  ${'█'.repeat(full)}`, style: 'green' },
      { text: '░'.repeat(BAR - full), style: 'dim' },
      { text: `${Math.floor(percent)}%`.padStart(5) },
    );
  }
  if (step !== null) parts.push({ text: `  ${oneLine(step)}` });
  if (attempt > 1) parts.push({ text: `  attempt ${attempt}/${maxAttempts ?? '∞'}`, style: 'yellow' });
  return cut(parts, width, paint);
}

/** What there is no room for is left out, the least telling first; half a number would be worse than none. */
function summary(state: LiveState, width: number, { now, paint }: Frame): string {
  const { completed, failed, perSecond, runningCount, store } = state;
  const atLeast = store?.isExact === false ? '≥' : '';
  const facts: Part[] = [
    { text: `${shownCount(completed)} completed`, ...(completed > 0 && { style: 'green' }) },
    { text: `${shownCount(failed)} failed`, ...(failed > 0 && { style: 'red' }) },
    { text: `${shownCount(runningCount)} running` },
  ];
  if (store !== null) {
    facts.push({ text: `${atLeast}${shownCount(store.waiting)} waiting` });
    const elsewhere = store.running - runningCount;
    if (perSecond !== null) facts.push({ text: shownRate(perSecond) });
    if (store.next !== null) facts.push({ text: nextText(store.next, now) });
    // The store's number is older than ours: a small difference means nothing.
    if (elsewhere > 1 && elsewhere > runningCount / 10)
      facts.push({ text: `${atLeast}${shownCount(store.running)} running in all` });
  } else if (perSecond !== null) facts.push({ text: shownRate(perSecond) });
  const parts: Part[] = [{ text: margin(width) }];
  let room = width - margin(width).length;
  for (const [i, fact] of facts.entries()) {
    const between = i === 0 ? '' : ' · ';
    room -= between.length + textWidth(fact.text);
    if (room < 0) break;
    parts.push({ text: between, style: 'dim' }, fact);
  }
  return cut(parts, width, paint);
}

function nextText({ schedule, at }: { readonly schedule: string; readonly at: number }, now: number): string {
  const leftMs = at - now;
  return `${clippedTo(oneLine(schedule), 32)} ${leftMs < 500 ? 'due' : `in ${wholeSeconds(leftMs)}`}`;
}

function shownRate(perSecond: number): string {
  return `${perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : shownCount(Math.round(perSecond))}/s`;
}

/** Tenths would have the region drawn anew all the time. */
function wholeSeconds(ms: number): string {
  return shownDuration(Math.max(1000, Math.round(ms / 1000) * 1000));
}

function margin(width: number): string {
  return width < 60 ? '' : ' '.repeat(MARGIN);
}

/** Painted after it is cut: what can't be seen has no width. */
function cut(parts: readonly Part[], width: number, paint: Paint): string {
  let left = width;
  let line = '';
  for (const { text, style } of parts) {
    const shown = clippedTo(text, left);
    left -= textWidth(shown);
    line += style === undefined || shown === '' ? shown : paint(style, shown);
    if (shown !== text) break;
  }
  return line.trimEnd();
}
