/** The document's samples as a whole. */

import { describe, expect, it } from 'vitest';
import { filesOf, textOf } from '../house/source.js';
import { run, titlesOf } from './samples.js';

describe('the samples', () => {
  const folder = 'test/taskbuffer/samples';
  const pages = filesOf(folder).map((path) => path.slice(folder.length + 1, -'.md'.length));
  const tests = filesOf('test/taskbuffer').filter((path) => path.endsWith('.test.ts'));

  it.each(pages)('of %s are each run by a test', (page) => {
    const texts = tests.map(textOf).join('\n');
    expect(titlesOf(page).filter((title) => !texts.includes(`'${title}'`))).toEqual([]);
  });

  it('given one that imports what there isn’t, when it is run, then that is an error', async () => {
    await expect(run('quick-start', 'Basic Task', {}, {})).rejects.toThrow("taskspan exports no 'Task'");
  });

  it('given the list of exported types, when it is run, then types alone import nothing', async () => {
    expect((await run('api-reference', 'Exported Types', {}, {})).names).toEqual({});
  });
});
