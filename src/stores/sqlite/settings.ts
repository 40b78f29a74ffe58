/** Settings of queues and groups: versioned, and read by every process of the file. */

import type { GroupSettings, QueueSettings, Settings } from '../../store/contract.js';
import { recheckLines } from './recheck.js';
import type { Session } from './session.js';
import { GROUP, QUEUE, RAISE_SETTINGS_VERSION, WRITE_GROUP, WRITE_QUEUE, WRITE_RECHECK } from './sql/settings.js';
import type { Tx } from './tx.js';

/** How many lines a change of limits brings in step at once; `maintain` does the rest. */
const RECHECKED_AT_ONCE = 1_000;

type Answer = 'applied' | 'stale';

export function configure(session: Session, settings: Settings): readonly Answer[] {
  const { queues = [], groups = [] } = settings;
  if (queues.length + groups.length === 0) return [];
  return session.write((tx) => {
    const answers = [
      ...queues.map((queue) => configureQueue(tx, queue)),
      ...groups.map((group) => configureGroup(tx, group)),
    ];
    if (answers.every((answer) => answer === 'stale')) return answers;
    tx.news();
    tx.db.run(RAISE_SETTINGS_VERSION);
    tx.settings.refresh();
    recheckLines(tx, RECHECKED_AT_ONCE);
    return answers;
  });
}

function configureQueue(tx: Tx, { name, definitionVersion, paused, concurrency }: QueueSettings): Answer {
  const earlier = tx.db.get<{ definition_version: number; paused: number; concurrency: number | null }>(QUEUE, [name]);
  if (earlier !== undefined && definitionVersion < earlier.definition_version) return 'stale';
  const isPaused = paused ?? earlier?.paused === 1;
  const limit = concurrency !== undefined ? concurrency : (earlier?.concurrency ?? null);
  tx.db.run(WRITE_QUEUE, [name, definitionVersion, isPaused ? 1 : 0, limit]);
  return 'applied';
}

function configureGroup(tx: Tx, { name, definitionVersion, limits }: GroupSettings): Answer {
  const earlier = tx.db.get<{ definition_version: number; limits: string }>(GROUP, [name]);
  if (earlier !== undefined && definitionVersion < earlier.definition_version) return 'stale';
  const text = JSON.stringify(limits);
  tx.db.run(WRITE_GROUP, [name, definitionVersion, text]);
  if (earlier?.limits !== text) tx.db.run(WRITE_RECHECK, [name, '']);
  return 'applied';
}
