/** Which queue lives in which partition. All who share a namespace must say the same, so the server has it. */

import { OptionError } from '../../../core/errors.js';
import { hash32, isJobId, partitionOf } from '../../../core/id.js';
import { nonEmptyString, wholeNumber } from '../../../core/options.js';
import { textsOf } from '../client.js';
import type { Connection } from '../connection.js';
import { scripts } from '../scripts.js';

/** A worker asks each partition that its queues live in; more of them than nodes bring nothing. */
const MOST = 64;
/** Queues of taskspan's own that end with an id live where that says. */
const OWN = 'taskspan:';

export interface Layout {
  readonly partitions: number;
  /** In the order of their names. */
  readonly places: ReadonlyMap<string, number>;
}

/** @throws OptionError */
export function layoutOf(partitions: unknown = 1, places: Readonly<Record<string, unknown>> = {}): Layout {
  const number = wholeNumber(partitions, "redis's partitions", 1, MOST);
  if (typeof places !== 'object' || places === null)
    throw new OptionError(`redis's places is ${String(places)}; give an object of queues: { emails: 2 }.`);
  const entries = Object.entries(places).map(([queue, place]) => {
    nonEmptyString(queue, "A queue of redis's places");
    return [queue, wholeNumber(place, `The place of queue '${queue}'`, 0, number - 1)] as const;
  });
  return { partitions: number, places: new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

export function placeIn({ partitions, places }: Layout, queue: string): number {
  const chosen = places.get(queue);
  if (chosen !== undefined) return chosen;
  const id = queue.startsWith(OWN) ? queue.slice(queue.lastIndexOf(':') + 1) : '';
  if (isJobId(id) && partitionOf(id) < partitions) return partitionOf(id);
  return hash32(queue) % partitions;
}

/**
 * Records the layout, if nobody has.
 *
 * @param connection to partition 0
 * @throws OptionError if another is recorded: jobs would be looked for where they aren't
 */
export async function agree(connection: Connection, layout: Layout, namespace: string): Promise<void> {
  const { partitions } = layout;
  const own = textOf(layout);
  const [number, places = ''] = await recorded(connection, layout, false);
  if (Number(number) === partitions && places === own) return;
  const [theirs, ours] = [asOptions(Number(number), places), asOptions(partitions, own)];
  throw new OptionError(
    `Namespace '${namespace}' on ${connection.location} was made with ${theirs}, and this process gives ${ours}. A namespace keeps its layout: give ${theirs}, or take another namespace. To change it, let new jobs go to a new namespace, and workers empty this one.`,
  );
}

/** The server may have forgotten it. If it can't be asked now, whoever opens next will record it. */
export function recordAgain(connection: Connection, layout: Layout): void {
  recorded(connection, layout, true).catch(() => {});
}

async function recorded(connection: Connection, layout: Layout, isAgreed: boolean): Promise<readonly string[]> {
  const { partitions } = layout;
  return textsOf(await connection.run(scripts.layout, { partitions, places: textOf(layout), isAgreed }));
}

/** Of one partition there is nothing to choose. */
function textOf({ partitions, places }: Layout): string {
  return partitions === 1 || places.size === 0 ? '' : JSON.stringify(Object.fromEntries(places));
}

function asOptions(partitions: number, places: string): string {
  return `partitions: ${partitions}${places === '' ? '' : `, places: ${places}`}`;
}
