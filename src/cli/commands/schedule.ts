/** `taskspan schedule ls | next | trigger | rm`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { FAILED } from '../exit.js';
import { scheduleJson, scheduleRow, scheduleTable } from '../print/schedule-table.js';
import { relative, stamp, stampIn } from '../print/when.js';
import { type Run, storeCommand } from '../store-command.js';

export function scheduleCommand(): Command {
  return new Command('schedule')
    .summary('list schedules, see their next slots, trigger or remove them')
    .description('Schedules: list them, see their next slots, trigger or remove them.')
    .helpCommand(false)
    .addCommand(lsCommand())
    .addCommand(nextCommand())
    .addCommand(triggerCommand())
    .addCommand(removeCommand());
}

function lsCommand(): Command {
  return storeCommand(
    { name: 'ls', summary: 'list schedules, by next slot', examples: ['schedule ls', 'schedule ls --json'] },
    (command) => command,
    async ({ manager, out }: Run) => {
      const now = Date.now();
      const workers = await manager.workers();
      const rows = (await manager.schedules()).map((schedule) => scheduleRow(schedule, workers));
      if (out.isJson) await out.json(rows.map(scheduleJson));
      else if (rows.length > 0) await out.lines(scheduleTable(rows, { ...out, now }));
      else out.note('taskspan: there is no schedule');
      return 0;
    },
  );
}

function nextCommand(): Command {
  return storeCommand<{ readonly number: number }>(
    { name: 'next', summary: "show a schedule's next slots", examples: ['schedule next nightly -n 10'] },
    (command) =>
      command
        .argument('<ID>', 'the schedule')
        .addOption(new Option('-n, --number <n>', 'how many').default(5).argParser(slotsOf)),
    async ({ manager, out }, [id = ''], { number }) => {
      const now = Date.now();
      const slots = await manager.nextSlots(id, number);
      if (out.isJson) await out.json({ id, slots });
      else if (slots.length === 0) out.note(`taskspan: schedule '${id}' has ended`);
      else {
        const rule = (await manager.schedules()).find((schedule) => schedule.id === id)?.rule;
        const shown = (slot: number): string => (rule?.kind === 'cron' ? stampIn(slot, rule.timeZone) : stamp(slot));
        await out.lines(slots.map((slot) => `${shown(slot)}  ${out.paint('dim', relative(slot, now))}`));
      }
      return 0;
    },
  );
}

function triggerCommand(): Command {
  return storeCommand(
    {
      name: 'trigger',
      summary: 'make a job of a schedule now, and print its id',
      details: "The rule's own slots stay as they are.",
      examples: ['schedule trigger nightly'],
    },
    (command) => command.argument('<ID>', 'the schedule'),
    async ({ manager, out }, [id = '']) => {
      const job = await manager.triggerSchedule(id);
      if (out.isJson) await out.json({ schedule: id, id: job.id });
      else await out.lines([job.id]);
      return 0;
    },
  );
}

function removeCommand(): Command {
  return storeCommand(
    {
      name: 'rm',
      summary: 'end a schedule, and remove its jobs that wait',
      details: 'Code that schedules it at its start brings it back.',
      examples: ['schedule rm nightly'],
    },
    (command) => command.argument('<ID>', 'the schedule'),
    async ({ manager, out }, [id = '']) => {
      const wasThere = await manager.unschedule(id);
      if (out.isJson) await out.json({ id, removed: wasThere });
      else if (wasThere) await out.lines([`schedule '${id}' is removed`]);
      if (!wasThere) console.error(`taskspan: there is no schedule '${id}'. See: taskspan schedule ls`);
      return wasThere ? 0 : FAILED;
    },
  );
}

function slotsOf(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000) return Number(text);
  throw new InvalidArgumentError('Write a whole number from 1 to 1000.');
}
