/** What `member.mjs` is told, and tells. */

export interface MemberSettings {
  readonly redis: string;
  readonly leaseMs: number;
  /** What it runs; null: a worker that takes its time. */
  readonly sample: string | null;
}

/** Create and commit so many tasks. */
export interface Command {
  readonly name: string;
  readonly count: number;
}

export type Told =
  | { readonly what: 'ready' }
  /** It was the master all along, by the machine's clock, ms. */
  | { readonly what: 'master'; readonly from: number; readonly to: number }
  | {
      readonly what: 'committed' | 'started' | 'success' | 'failure' | 'printed';
      readonly id: string;
      readonly data: unknown;
      readonly result: unknown;
    };
