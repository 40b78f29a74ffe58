import type { Chance } from './chance.js';
import { type Faults, manyFaults, noFaults } from './faults.js';

/** What goes wrong: nothing; processes die; calls and notifications are lost, late or repeated; all that and more. */
export type FaultPreset = 'none' | 'crashes' | 'network' | 'everything';

const { death, deathBeforeCall, deathAfterCall, pause, clockJump, ...network } = manyFaults;

const presets: Readonly<Record<FaultPreset, Faults>> = {
  none: noFaults,
  crashes: { ...noFaults, death, deathBeforeCall, deathAfterCall },
  network: { ...noFaults, ...network },
  everything: { ...noFaults, ...network, death, deathBeforeCall, deathAfterCall, pause, clockJump },
};

export const presetNames: readonly string[] = Object.keys(presets);

/** Some of the preset's faults, more or less often: what only shows when little else happens shows too. */
export function someOf(preset: FaultPreset, chance: Chance): Faults {
  const faults = Object.entries(presets[preset]).map(([name, often]) => [
    name,
    chance.hits(0.7) ? often * (0.5 + chance.unit()) : 0,
  ]);
  return Object.fromEntries(faults) as unknown as Faults;
}
