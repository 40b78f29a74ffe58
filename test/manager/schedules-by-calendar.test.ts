import { describe, expect, it } from 'vitest';
import { World } from '../engine/world.js';
import { ticking } from './ticking.js';

const berlin = { timeZone: 'Europe/Berlin' } as const;

/** Days of which the calendar has more, fewer or longer ones than a pattern's author thought of. */
const days = [
  // At 02:00 the clocks go to 03:00.
  ['a time that the clocks skip', { cron: '30 2 * * *', ...berlin }, '2031-03-30T01:00Z'],
  ['a time that the clocks show twice', { cron: '30 2 * * *', ...berlin }, '2031-10-26T00:30Z'],
  ['29 February', { cron: '0 12 29 2 *' }, '2032-02-29T12:00Z'],
  ['the 31st', { cron: '0 12 31 * *' }, '2031-05-31T12:00Z'],
  ['the last day of the month', { cron: '0 12 L 2 *' }, '2031-02-28T12:00Z'],
] as const;

describe('a schedule on a day that the calendar treats otherwise', () => {
  for (const [name, rule, iso] of days) {
    it(`given ${name}, when its day comes on two workers, then it makes one job, at its documented moment`, async () => {
      const slot = Date.parse(iso);
      const world = new World({ startAt: slot - 6 * 3_600_000 });
      const { tick, runs } = ticking(world);
      const begin = world.time.now;
      const lives = [await world.startedLife({ tasks: [tick] }), await world.startedLife({ tasks: [tick] })];
      await lives[0]!.manager.schedule(tick, undefined, { id: 's', ...rule });
      for (const { manager } of lives) await manager.stop();
      await world.time.advance('358m');
      for (const { manager } of lives) await manager.start();
      await world.time.advance('5m');
      expect(runs).toEqual([{ slot: slot - begin, at: slot - begin }]);
      // Nothing more that day, the hour that comes twice included.
      for (const { manager } of lives) await manager.stop();
      await world.time.advance('118m');
      for (const { manager } of lives) await manager.start();
      await world.time.advance('1m');
      expect(runs).toHaveLength(1);
    });
  }
});
