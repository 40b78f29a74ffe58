/** From a world that fails to a smaller one that fails too: each part is left out if it fails without it. */

import type { Config } from './scenario.js';

export async function shrink(config: Config, fails: (config: Config) => Promise<boolean>): Promise<Config> {
  let smallest = config;
  for (;;) {
    let next: Config | null = null;
    for (const candidate of smaller(smallest)) {
      if (await fails(candidate)) {
        next = candidate;
        break;
      }
    }
    if (next === null) return smallest;
    smallest = next;
  }
}

function* smaller(config: Config): Generator<Config> {
  for (const [name, often] of Object.entries(config.faults)) {
    if (often > 0) yield { ...config, faults: { ...config.faults, [name]: 0 } };
  }
  for (const flag of ['hasGroups', 'hasSchedules', 'hasControls', 'hasBursts'] as const) {
    if (config[flag]) yield { ...config, [flag]: false };
  }
  if (config.processes > 1) yield { ...config, processes: config.processes - 1 };
  if (config.jobs > 1) yield { ...config, jobs: config.jobs - 1 };
  if (config.stormMs > 1_000) yield { ...config, stormMs: Math.floor(config.stormMs / 2) };
}
