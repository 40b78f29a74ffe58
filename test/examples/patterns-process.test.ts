/** The examples that are plain scripts, as a user has them: in a project of one's own, run by Node. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/wasm-typescript';
import { describe, expect, it } from 'vitest';
import { Project } from '../docs/project.js';
import { root, textOf } from '../house/source.js';

/** Node from 22.18 on runs TypeScript as it is; for an older one its types are taken out first, as Node would. */
const runsTypeScript = 'typescript' in process.features && process.features.typescript !== false;

/** @returns what it printed, once it has ended well by itself */
async function outputOf(example: string): Promise<string> {
  const source = textOf(`examples/${example}.ts`);
  const file = runsTypeScript ? `${example}.ts` : `${example}.mjs`;
  const text = runsTypeScript ? source : transformSync(source, { mode: 'strip-only', module: true }).code;
  const running = new Project({ [file]: text }).run(['node', file]);
  const exitCode = await running.ended;
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}:\n${running.output}`);
  return running.output;
}

const linesOf = (text: string, pattern: RegExp): readonly string[] =>
  text.split('\n').filter((line) => pattern.test(line));

// `npm test` builds first; without a build there is no package to import.
describe.runIf(existsSync(join(root, 'dist/index.js')))('the example', { timeout: 60_000 }, () => {
  it('of hooks exports what was looked at, and nothing that was refused', async () => {
    expect(await outputOf('hooks')).toBe(`Monday
  look    2 orders, all with an amount
  export  wrote 2 lines
  check   the file has 2 lines
  done    2 orders exported
Tuesday
  failed  order 4 has no amount
look: 2 runs, 1 failed
export-orders: 2 runs, 1 failed
read-back: 1 runs, 0 failed
`);
  });

  it('of a setup tries one that failed again, and opens two connections for eight queries', async () => {
    expect(await outputOf('one-time-setup')).toBe(`The server is not there: the setup failed, and so the run.
Answers: reward desserts evil strap on peek net was
9 runs, 1 failed; 2 setups, 2 connections.
`);
  });

  it('of a migration goes through all steps, and rolls back the one that loses data', async () => {
    expect(await outputOf('migration')).toBe(`Migration: lower case
  ✓ backup
  ✓ validate
  ✓ migrate
  ✓ verify
  The database is at version 2.
Migration: only names
  ✓ backup
  ✓ validate
  ✓ migrate
  ✗ verify: 2 of 2 users have no mail
  Chain 'migration' failed at task 'verify' (index 3): 2 of 2 users have no mail.
  ✓ rollback
  The database is back at version 2.
Users: Ada <ada@example.com>, Grace <grace@example.com>
`);
  });

  it('of tenants shows each its own events, with two of its runs at once', async () => {
    const output = await outputOf('tenants');
    expect(linesOf(output, /tasks/)).toEqual([
      'acme: 4 tasks, 0 failed, at most 2 at once',
      'globex: 4 tasks, 1 failed, at most 2 at once',
    ]);
    const [acme = '', globex = ''] = output.split('globex: ');
    expect([linesOf(acme, /^ {2}/), linesOf(globex, /^ {2}/)].map((lines) => lines.length)).toEqual([8, 8]);
    expect(acme).not.toContain('globex');
    expect(globex).not.toContain('acme');
    expect(linesOf(output, /failed {4}/)).toEqual(['  failed    globex:invoice: The card was declined.']);
  });
});
