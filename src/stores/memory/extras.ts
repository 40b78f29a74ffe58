/** What few jobs have, kept apart from those that have it not. */

import { type JobError, type NewJob, type Rare, READER_VERSION, RECORD_VERSION, type Unique } from '../../core/job.js';
import type { JobPatch } from '../../core/transitions.js';

export const noErrors: readonly JobError[] = [];

export class Extras {
  readonly partition: number;
  readonly recordVersion: number;
  readonly minReader: number;
  labels: Readonly<Record<string, string>> | null;
  keys: readonly string[] | null;
  unique: Unique | null;
  readonly digest: string | null;
  readonly rare: Rare | null;
  generation = 1;
  errors: readonly JobError[] = noErrors;
  progress: string | null = null;
  suspect = false;
  cancelRequested = false;

  /** @param job null: it came with none of these */
  constructor(job: NewJob | null) {
    this.partition = job === null ? 0 : job.partition;
    this.recordVersion = job === null ? RECORD_VERSION : job.recordVersion;
    this.minReader = job === null ? READER_VERSION : job.minReader;
    this.labels = job === null ? null : job.labels;
    this.keys = job === null ? null : keysOf(job);
    this.unique = job === null ? null : job.unique;
    this.digest = job === null ? null : job.digest;
    this.rare = job === null ? null : job.rare;
  }

  apply(patch: JobPatch): void {
    this.keys = patch.keys;
    this.unique = patch.unique;
    this.generation = patch.generation;
    this.errors = patch.errors;
    this.progress = patch.progress;
    this.suspect = patch.suspect;
    this.cancelRequested = patch.cancelRequested;
  }
}

/** It leaves the job with something that few jobs have. */
export function isUnusual(patch: JobPatch): boolean {
  return (
    patch.keys !== null ||
    patch.unique !== null ||
    patch.generation !== 1 ||
    patch.errors.length > 0 ||
    patch.progress !== null ||
    patch.suspect ||
    patch.cancelRequested
  );
}

export function hasExtras(job: NewJob): boolean {
  return (
    keysOf(job) !== null ||
    job.labels !== null ||
    job.unique !== null ||
    job.digest !== null ||
    job.rare !== null ||
    job.partition !== 0 ||
    job.recordVersion !== RECORD_VERSION ||
    job.minReader !== READER_VERSION
  );
}

function keysOf({ keys }: NewJob): readonly string[] | null {
  return keys === null || keys.length === 0 ? null : keys;
}
