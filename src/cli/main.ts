#!/usr/bin/env node
/**
 * The command `taskspan`. Exit codes: 0 done as asked; 1 what was asked for failed or isn't there, or a problem was
 * found; 2 it was called wrongly; 130 or 143 it was told to stop.
 */

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

type Load = () => Promise<Command>;

/** By heading of the help. Each is loaded when it is asked for: most of the time of a short command is loading. */
const groups: Readonly<Record<string, Readonly<Record<string, Load>>>> = {
  'Running tasks:': {
    dev: async () => (await import('./dev.js')).devCommand(version),
    worker: async () => (await import('./worker.js')).workerCommand(version),
  },
  'Jobs:': {
    enqueue: async () => (await import('./commands/enqueue.js')).enqueueCommand(),
    ls: async () => (await import('./commands/ls.js')).lsCommand(),
    show: async () => (await import('./commands/show.js')).showCommand(),
    explain: async () => (await import('./commands/explain.js')).explainCommand(),
    cancel: async () => (await import('./commands/act.js')).cancelCommand(),
    retry: async () => (await import('./commands/act.js')).retryCommand(),
  },
  'Queues and schedules:': {
    pause: async () => (await import('./commands/queue.js')).pauseCommand(),
    resume: async () => (await import('./commands/queue.js')).resumeCommand(),
    schedule: async () => (await import('./commands/schedule.js')).scheduleCommand(),
  },
  'The store:': {
    doctor: async () => (await import('./commands/doctor.js')).doctorCommand(version),
  },
};

const program = new Command('taskspan')
  .description('Runs the tasks that a file exports, and looks after their jobs.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this')
  .helpCommand(false)
  .configureHelp({ subcommandTerm: termOf })
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed or not found, 2 called wrongly.\nMore with: taskspan COMMAND --help',
  );

const [asked = ''] = process.argv.slice(2);
const isKnown = Object.values(groups).some((commands) => Object.hasOwn(commands, asked));
for (const [heading, commands] of Object.entries(groups)) {
  for (const [name, load] of Object.entries(commands)) {
    if (!isKnown || name === asked) program.addCommand(inheriting(await load()).helpGroup(heading));
  }
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed it.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

function inheriting(command: Command): Command {
  command.copyInheritedSettings(program);
  const isOfFile = command.name() === 'dev' || command.name() === 'worker';
  command.showHelpAfterError(
    isOfFile ? 'What is meant for FILE itself comes after `--`. More with --help.' : 'More with --help.',
  );
  for (const inner of command.commands) inheriting(inner);
  return command;
}

/** As the help lists it: with its arguments, without what all have. */
function termOf(command: Command): string {
  const inner = command.commands.map((one) => one.name()).join('|');
  const args = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? name : `[${name}]`;
  });
  return [command.name(), inner, ...args].filter((part) => part !== '').join(' ');
}
