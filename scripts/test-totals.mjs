/**
 * Prints `N passed, N failed`, summed over the vitest reports of a folder.
 *
 *     node scripts/test-totals.mjs FOLDER STATUS
 *
 * STATUS is the exit code of the whole: when it is not 0, at least one failure is counted, since a stage without
 * tests may be what failed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.', status = '1'] = process.argv.slice(2);

let passed = 0;
let failed = 0;
for (const name of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  // A file that could not even be loaded has failed, and has no tests to say so.
  for (const file of report.testResults) {
    const hasFailedTest = file.assertionResults.some(
      (/** @type {{ status: string }} */ test) => test.status === 'failed',
    );
    if (file.status === 'failed' && !hasFailedTest) failed += 1;
  }
}
if (status !== '0') failed = Math.max(failed, 1);
console.log(`${passed} passed, ${failed} failed`);
