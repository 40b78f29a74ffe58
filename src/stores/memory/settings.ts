import type { LeaderCapability } from '../../store/capabilities.js';
import type { GroupSettings, QueueSettings, Settings, WorkerRecord } from '../../store/contract.js';
import type { MemoryState } from './state.js';

export function configure(state: MemoryState, settings: Settings): readonly ('applied' | 'stale')[] {
  return [
    ...(settings.queues ?? []).map((queue) => configureQueue(state, queue)),
    ...(settings.groups ?? []).map((group) => configureGroup(state, group)),
  ];
}

function configureQueue(state: MemoryState, settings: QueueSettings): 'applied' | 'stale' {
  const queue = state.queue(settings.name);
  if (settings.definitionVersion < queue.definitionVersion) return 'stale';
  queue.definitionVersion = settings.definitionVersion;
  if (settings.paused !== undefined) queue.isPaused = settings.paused;
  if (settings.concurrency !== undefined) queue.concurrency = settings.concurrency;
  return 'applied';
}

function configureGroup(state: MemoryState, { name, definitionVersion, limits }: GroupSettings): 'applied' | 'stale' {
  if (definitionVersion < (state.groupVersions.get(name) ?? 0)) return 'stale';
  state.groupVersions.set(name, definitionVersion);
  state.turnstile.setLimits(name, limits, state.clock());
  return 'applied';
}

export function workers(state: MemoryState): readonly WorkerRecord[] {
  const now = state.clock();
  return [...state.workers.values()]
    .filter((worker) => worker.seenAt + worker.leaseMs > now)
    .map(({ leaseMs: _, ...worker }) => worker);
}

export function leadership(state: MemoryState): LeaderCapability {
  return {
    async campaign(worker, leaseMs) {
      const now = state.clock();
      const { leader } = state;
      // A clock that stepped back would leave the lease reaching further ahead than its length.
      if (leader !== null && leader.takenAt > now) leader.takenAt = now;
      const isHeld = leader !== null && leader.takenAt + leader.leaseMs > now;
      if (isHeld && leader.worker !== worker) return null;
      if (!isHeld || leader.worker !== worker) state.term += 1;
      state.leader = { worker, takenAt: now, leaseMs };
      return state.term;
    },
    async resign(worker, term) {
      if (state.leader?.worker === worker && state.term === term) state.leader = null;
    },
  };
}
