/** Servers that are killed and come back: with all that they had acknowledged, or without the newest of it. */

import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VirtualTime } from '../../../src/testing/index.js';
import { audit } from '../audit.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { Load } from './load.js';

/** Of the moments of the kills. */
const SEED = Number(process.env.TASKSPAN_SEED ?? 20260101);
const KILLS = 60;

describe('a server that restarts', () => {
  it('given appendfsync always, when it is killed 60 times under load, then no acknowledged job is lost or doubled, and no loss is reported', async () => {
    const server = await serverWith('always');
    const load = await new Load(server.url).start();
    expect(load.manager.store.durability).toBe('durable');
    load.flow();
    const { random32 } = new VirtualTime({ seed: SEED }).host;
    for (let kill = 0; kill < KILLS; kill++) {
      await load.progress(1 + (random32() % 20));
      await server.kill();
      await server.restart();
    }
    await load.progress(1);
    await load.stopFlow();
    await load.expectAllDone();
    expect({ refused: load.refused, losses: load.losses }).toEqual({ refused: [], losses: [0, 0] });
    expect(load.acknowledged.size).toBeGreaterThan(KILLS);
    await load.close();
    await audit(server.url);
  }, 60_000);

  it('given appendfsync everysec, when the power fails and its newest second is gone, then each process reports the loss once, what was done before it is not done again, and all goes on', async () => {
    const server = await serverWith('everysec');
    const load = await new Load(server.url).start();
    expect(load.manager.store.durability).toBe('bounded');
    load.flow();
    await load.progress(50);
    await load.stopFlow();
    await load.expectAllDone();
    const [before, synced] = [new Set(load.acknowledged), sizeOf(server)];
    load.flow();
    await load.progress(200);
    await server.kill();
    truncateSync(logOf(server), synced);
    await server.restart();
    await load.progress(200);
    await load.stopFlow();
    await until('both to notice', () => load.losses.every((n) => n > 0));
    await load.expectEndOfAll();
    const kept = new Set(await load.ids());
    expect([...before].filter((id) => !kept.has(id))).toEqual([]);
    expect(load.repeated.filter((id) => before.has(id))).toEqual([]);
    expect([...kept].filter((id) => !load.acknowledged.has(id))).toEqual([]);
    expect(load.acknowledged.size - kept.size).toBeGreaterThan(0);
    expect({ refused: load.refused, losses: load.losses }).toEqual({ refused: [], losses: [1, 1] });
    const { findings } = await load.manager.diagnose();
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'lost-writes',
        severity: 'warning',
        message: expect.stringMatching(/at least \d+ calls/),
      }),
    );
    await load.close();
    await audit(server.url);
  }, 40_000);

  it('given no persistence, when it comes back empty, then each process reports the loss once, and new jobs run', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const load = await new Load(server.url).start();
    expect(load.manager.store.durability).toBe('none');
    load.flow();
    for (let restart = 1; restart <= 2; restart++) {
      await load.progress(100);
      await server.kill();
      await server.restart();
      await load.progress(100);
      await until('both to notice', () => load.losses.every((n) => n === restart));
    }
    await load.stopFlow();
    await load.expectEndOfAll();
    await load.close();
    await audit(server.url);
  }, 40_000);
});

async function serverWith(appendfsync: string): Promise<RedisServer> {
  const server = await startRedis({ config: { appendonly: true, appendfsync } });
  onTestFinished(() => server.stop());
  return server;
}

/** The append-only file that it writes now: one, or since Redis 7 the last of a folder. */
function logOf({ folder }: RedisServer): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const name = names.find((one) => one.endsWith('.incr.aof')) ?? names.find((one) => one.endsWith('.aof'));
  return join(folder, name!);
}

function sizeOf(server: RedisServer): number {
  return statSync(logOf(server)).size;
}
