#!/usr/bin/env node
/** The command `taskspan`. Exit codes: 0 ended as asked, 1 something failed, 2 it was called wrongly. */

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { devCommand } from './dev.js';
import { workerCommand } from './worker.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('taskspan')
  .description('Runs the tasks that a file exports.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this')
  .helpCommand(false)
  .exitOverride()
  .showHelpAfterError('What is meant for FILE itself comes after `--`. More with --help.');

for (const command of [devCommand(version), workerCommand(version)]) {
  program.addCommand(command.copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed it.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
