/** Whether this Node is one that taskspan is tested on. */

import type { Finding } from '../index.js';

const OLDEST = [20, 19] as const;

/** @param version `20.19.0` */
export function nodeFindings(version: string): readonly Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  return [
    {
      code: 'old-node',
      severity: 'warning',
      message: `This is Node ${version}; taskspan is made for ${OLDEST.join('.')} and later.`,
      fix: 'Update Node, here and where the workers run.',
    },
  ];
}
