/** Puts the report where the user is: each file appears whole or not at all, and may be written twice. */

import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from './report.js';
import { renderReport } from './report-html.js';

/** @returns the path of `report.html` */
export async function writeReport(folder: string, report: Report): Promise<string> {
  await writeWhole(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(folder, 'report.html');
  await writeWhole(page, renderReport(report));
  return page;
}

async function writeWhole(path: string, text: string): Promise<void> {
  // One name each time: what a kill left half written is overwritten by the next try.
  const draft = `${path}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
