/** What the command line asks for. */
import { parseArgs } from 'node:util';
import { here } from './places.mjs';

const HELP = `npm run bench -- [options]

  --rounds N         rounds a row (default 5)
  --only WORDS       rows whose name contains one of these, by comma
  --scale X          that part of the work of each row, to try things out (default 1)
  --out FOLDER       where results are written (default bench/results)`;

/**
 * @param {readonly string[]} args
 * @param {readonly string[]} names of all rows
 */
export function readOptions(args, names) {
  const { values } = orExit(() =>
    parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '5' },
        only: { type: 'string', default: '' },
        scale: { type: 'string', default: '1' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  );
  if (values.help) {
    console.log(`${HELP}\n\nRows: ${names.join(', ')}`);
    process.exit(0);
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds is ${values.rounds}; give a whole number from 1.`);
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) refuse(`--scale is ${values.scale}; give a number above 0, at most 1.`);
  return {
    rounds,
    scale,
    only: chosen(values.only, names),
    out: values.out ?? here('results'),
    hasOut: values.out !== undefined,
  };
}

function chosen(words, names) {
  if (words === '') return names;
  const wanted = words.split(',').map((word) => word.trim());
  const unknown = wanted.find((word) => word === '' || !names.some((name) => name.includes(word)));
  if (unknown !== undefined) refuse(`No row's name contains '${unknown}'. The rows are: ${names.join(', ')}.`);
  return names.filter((name) => wanted.some((word) => name.includes(word)));
}

function orExit(parse) {
  try {
    return parse();
  } catch (error) {
    return refuse(`${error.message}\n\n${HELP}`);
  }
}

function refuse(message) {
  console.error(message);
  process.exit(2);
}
