/** What keeps a job or a trigger from running. */

/** One thing that keeps a job or trigger from running, or says that it runs or has ended. */
export interface Cause {
  /** Stable; compare this, not the message. */
  readonly code:
    | 'not-due'
    | 'queue-paused'
    | 'queue-full'
    | 'constraint-full'
    | 'constraint-cooling'
    | 'buffer-full'
    | 'unknown-task'
    | 'newer-record'
    | 'no-worker'
    | 'workers-busy'
    | 'suspended'
    | 'suspect'
    | 'running'
    | 'next'
    | 'ended';
  /** For people. */
  readonly message: string;
  /** When time alone ends it, epoch ms by the store's clock; null if something else must happen. */
  readonly until: number | null;
}

export function cause(code: Cause['code'], message: string, until: number | null = null): Cause {
  return { code, message, until };
}

/** A length of time, for people. */
export function ago(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}
