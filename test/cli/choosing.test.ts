/** Which store, and which jobs, a command means. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FilterOptions, isRestricted, queryOf, withFilters } from '../../src/cli/filter.js';
import { wholeIds } from '../../src/cli/ids.js';
import { doubtOf } from '../../src/cli/misspelt.js';
import { chosenStore, missingFile, refuseMissing, shownUrl } from '../../src/cli/store-url.js';
import { shortId } from '../../src/cli/terminal.js';
import type { JobSnapshot, WorkerRecord } from '../../src/index.js';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-choosing-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('the store', () => {
  it('is that of the command line, else that of the environment, and where it came from is known', () => {
    expect(chosenStore('sqlite:a.db', 'sqlite:b.db')).toEqual({ url: 'sqlite:a.db', source: null });
    expect(chosenStore(undefined, 'sqlite:b.db')).toEqual({ url: 'sqlite:b.db', source: 'TASKSPAN_URL' });
  });

  it('given none, when there is none of dev either, then it is asked for with an example', () => {
    const folder = newFolder();
    expect(() => chosenStore(undefined, '', folder)).toThrow(/which store\? Give --url \(for example/);
    mkdirSync(join(folder, '.taskspan'));
    writeFileSync(join(folder, '.taskspan/dev.db'), '');
    expect(chosenStore(undefined, '', folder)).toMatchObject({
      url: `sqlite:${folder}/.taskspan/dev.db`,
      source: expect.stringContaining('dev'),
    });
  });

  it.each(['memory:', 'sqlite::memory:'])('given %s, then it is refused: nobody else can see it', (url) => {
    expect(() => chosenStore(url, undefined)).toThrow(/lives in one process/);
  });

  it('given a file that is not there, when it must be, then its path is named', () => {
    const path = join(newFolder(), 'tasks.db');
    expect(missingFile(`sqlite:${path}?synchronous=normal`)).toBe(path);
    expect(() => refuseMissing(`sqlite://${path}`)).toThrow(`There is no store '${path}'`);
    writeFileSync(path, '');
    expect(missingFile(`sqlite:${path}`)).toBeNull();
    expect(missingFile('redis://host')).toBeNull();
  });

  it('is shown without its password', () => {
    expect(shownUrl('redis://me:secret@host:1')).toBe('redis://me:***@host:1');
  });
});

describe('the options that choose jobs', () => {
  const parse = (...args: string[]): FilterOptions =>
    withFilters(new Command().exitOverride().configureOutput({ writeErr() {} }), 'all')
      .parse(args, { from: 'user' })
      .opts();

  it('given all of them, when they are read, then they make a query', () => {
    const options = parse(
      ...['--queue', 'q', '--task', 't', '--state', 'failed,cancelled', '--state', 'pending', '--label', 'a=1'],
      ...['--label', 'b=x=y', '--schedule', 's', '--parent', 'p', '--key', 'group/a/b', '--since', '1h'],
    );
    expect(queryOf(options, 10_000_000)).toMatchObject({
      queue: 'q',
      task: 't',
      state: ['failed', 'cancelled', 'pending'],
      labels: { a: '1', b: 'x=y' },
      schedule: 's',
      parent: 'p',
      constraint: { group: 'group', key: 'a/b' },
      createdAfter: 6_400_000,
    });
  });

  it('given none, then nothing is restricted', () => {
    expect(isRestricted(queryOf(parse(), 0))).toBe(false);
    expect(isRestricted(queryOf(parse('--queue', 'q'), 0))).toBe(true);
  });

  it('given a state twice, then it is one: who adds up the counts of each counts no job double', () => {
    expect(parse('--state', 'failed,failed,pending', '--state', 'failed').state).toEqual(['failed', 'pending']);
  });

  it('given a state that there is not, or a label without a name, then that is said', () => {
    expect(() => parse('--state', 'faild')).toThrow(/Did you mean failed/);
    expect(() => parse('--label', '=1')).toThrow(/name=value/);
    expect(() => queryOf({ key: 'nogroup' }, 0)).toThrow(/GROUP\/KEY/);
    expect(() => queryOf({ key: '%/x' }, 0)).toThrow(/GROUP\/KEY/);
  });
});

describe('a short id', () => {
  const ids = ['0195f2a1-0000-7000-8000-aaaaaaaa1000', '0195f2a1-0000-7000-8000-aaaaaabb2000'];
  const manager = {
    looks: 0,
    async *list(): AsyncGenerator<JobSnapshot, void, undefined> {
      manager.looks += 1;
      for (const id of ids) yield { id } as JobSnapshot;
    },
  };

  const wholeId = async (text: string): Promise<string | null | undefined> => (await wholeIds(manager, [text]))[0];

  it('given the digits that are shown, when one job has them, then it is that one', async () => {
    expect(await wholeId(shortId(ids[0] as string))).toBe(ids[0]);
    expect(await wholeId('AAAAAABB')).toBe(ids[1]);
  });

  it('given digits that several have, or too few, then none is chosen', async () => {
    await expect(wholeId('aaaaaa')).rejects.toThrow(/could be .*1000 or .*2000/);
    await expect(wholeId('aaaaa')).rejects.toThrow(/too short/);
    expect(await wholeId('bbbbbb')).toBeNull();
  });

  it('given anything else, then it is taken for a whole id', async () => {
    expect(await wholeId(ids[0] as string)).toBe(ids[0]);
    expect(await wholeId('my-own')).toBe('my-own');
  });

  it('given many, then the store is looked through once; given whole ids alone, then never', async () => {
    manager.looks = 0;
    expect(await wholeIds(manager, ['aaaaaabb', 'my-own', 'AAAAAAAA', 'bbbbbb', 'aaaaaabb'])).toEqual([
      ids[1],
      'my-own',
      ids[0],
      null,
      ids[1],
    ]);
    expect(manager.looks).toBe(1);
    await wholeIds(manager, [...ids, 'my-own']);
    expect(manager.looks).toBe(1);
  });
});

describe('a task and queue that somebody typed', () => {
  const worker = { tasks: ['resize', 'crop'], queues: ['images'] } as unknown as WorkerRecord;

  it.each([
    ['that a live worker can run', 'resize', 'images', [worker], null],
    ['that nobody alive could tell of', 'reszie', 'images', [], null],
    ['of another queue', 'resize', 'default', [worker], /serve images, not queue 'default'/],
    [
      'with a slip of the pen',
      'reszie',
      'images',
      [worker],
      /no live worker has a task 'reszie'\. Was 'resize' meant\?/,
    ],
    ['that is nothing like what there is', 'translate', 'images', [worker], /no live worker has a task 'translate'\.$/],
  ])('given one %s, then doubt is told or not', (_, task, queue, workers, expected) => {
    const doubt = doubtOf(task, queue, workers);
    if (expected === null) expect(doubt).toBeNull();
    else expect(doubt).toMatch(expected);
  });
});
