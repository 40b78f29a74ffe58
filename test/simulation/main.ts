/**
 * Plays seeds, one after the other, and says how many steps that took.
 *
 *     node simulation.mjs FIRST COUNT          seeds FIRST … FIRST + COUNT − 1
 *     node simulation.mjs --seed N             one seed, with its history
 *     node simulation.mjs --first N            the first of seeds 1 … N that fails, and why, as JSON
 */

import { type Config, configOf, play } from './scenario.js';
import { shrink } from './shrink.js';

const [first, count] = process.argv.slice(2);

if (first === '--seed') await one(Number(count));
else if (first === '--first') await firstOf(Number(count));
else await many(Number(first), Number(count));

async function one(seed: number): Promise<void> {
  const found = await failureOf(configOf(seed));
  if (found instanceof Error) return tell(seed);
  const { timeline } = await play(configOf(seed));
  console.log(`Seed ${seed} holds: ${found} steps, trace ${timeline.hash.toString(16)}.`);
}

async function many(from: number, howMany: number): Promise<void> {
  let steps = 0;
  for (let seed = from; seed < from + howMany; seed++) {
    const found = await failureOf(configOf(seed));
    if (typeof found === 'number') steps += found;
    else {
      await tell(seed);
      return;
    }
  }
  console.log(JSON.stringify({ seeds: howMany, steps }));
}

/** A line for each seed: who reads them knows that it goes on. */
async function firstOf(howMany: number): Promise<void> {
  for (let seed = 1; seed <= howMany; seed++) {
    const found = await failureOf(configOf(seed));
    console.log(JSON.stringify(found instanceof Error ? { seed, error: found.message } : { seed }));
    if (found instanceof Error) return;
  }
}

async function tell(seed: number): Promise<void> {
  const smallest = await shrink(configOf(seed), async (config) => (await failureOf(config)) instanceof Error);
  const error = (await failureOf(smallest)) as Error & { world?: { timeline: { history(): readonly string[] } } };
  console.log([...(error.world?.timeline.history() ?? [])].slice(-150).join('\n'));
  console.log(`\nSeed ${seed} fails. ${error.stack}`);
  console.log(`The smallest world that shows it: ${JSON.stringify(smallest)}`);
  console.log(`Again: npm run simulate -- --seed ${seed}`);
  process.exitCode = 1;
}

/** The error; else how many steps it took. */
async function failureOf(config: Config): Promise<Error | number> {
  try {
    return (await play(config)).timeline.steps;
  } catch (error) {
    return error as Error;
  }
}
