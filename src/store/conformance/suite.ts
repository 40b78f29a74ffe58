/** How the conformance suite is put together: topics of named cases, run against whatever a factory makes. */

import type { Scene } from './fixtures.js';
import type { StoreFactory } from './subject.js';

/** Ends the case as skipped; the note says what the store lacks. */
export type Skip = (note: string) => never;

export type Body = (scene: Scene, skip: Skip) => Promise<void>;

export type Test = (title: string, body: Body, timeoutMs?: number) => void;

export interface Topic {
  readonly name: string;
  /** Names every case, at once. The factory is for cases that need more than one store. */
  cases(test: Test, factory: StoreFactory): void;
}

export interface Case {
  readonly topic: string;
  readonly title: string;
  readonly body: Body;
  readonly timeoutMs: number | undefined;
  /** Why the store need not pass; `null` = it must. */
  readonly exempt: string | null;
}

/** @throws Error for two cases of one title, and for an exemption that names no case or gives no reason */
export function gather(
  topics: readonly Topic[],
  factory: StoreFactory,
  exemptions: Readonly<Record<string, string>>,
): readonly Case[] {
  const cases = new Map<string, Case>();
  for (const topic of topics) {
    topic.cases((title, body, timeoutMs) => {
      if (cases.has(title))
        throw new Error(`Two conformance cases are named '${title}'; an exemption could not tell them apart.`);
      const exempt = Object.hasOwn(exemptions, title) ? (exemptions[title] as string) : null;
      cases.set(title, { topic: topic.name, title, body, timeoutMs, exempt });
    }, factory);
  }
  for (const [title, reason] of Object.entries(exemptions)) {
    if (!cases.has(title)) throw new Error(`The exemption '${title}' names no conformance case.`);
    if (reason.trim() === '') throw new Error(`The exemption '${title}' gives no reason.`);
  }
  return [...cases.values()];
}
