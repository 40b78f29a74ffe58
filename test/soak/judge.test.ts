/** The judge of a soak sees what must not be, and accuses nobody of what may be. */

import { describe, expect, it } from 'vitest';
import type { Line } from '../../scripts/soak/journal.mjs';
import { Judge } from '../../scripts/soak/judge.mjs';
import { kindNameOf } from '../../scripts/soak/kinds.mjs';

/** The first number of a kind, and the next ones under the same key. */
function numbersOf(kind: string, keys = 1): number[] {
  const all = Array.from({ length: 40_000 }, (_, n) => n).filter((n) => kindNameOf(n) === kind);
  return all.filter((n) => n % keys === (all[0] as number) % keys);
}

const [quick = 0] = numbersOf('quick');
const [broken = 0] = numbersOf('broken');
const single = numbersOf('single', 20);
const triple = numbersOf('triple', 7);
const cooled = numbersOf('cooled', 4);

/** What a judge says who has read these lines, a millisecond apart unless they say when. */
function offences(...lines: (Partial<Line> & { readonly what: string })[]): readonly string[] {
  const judge = new Judge();
  lines.forEach((line, i) => {
    judge.see({ at: i, by: 'worker 1', ...line });
  });
  return judge.offences.map(({ what }) => what);
}

const acknowledged = (n: number) => ({ what: 'acknowledged', ns: [n], ids: [`id ${n}`] });
const starts = (n: number, run = `${n}`, by = 'worker 1') => ({ what: 'starts', n, run, by });
const ends = (n: number, run = `${n}`, by = 'worker 1') => ({ what: 'ends', n, run, by });
const completed = (n: number, run = `${n}`, by = 'worker 1') => ({ what: 'completed', n, run, by });
const lost = (n: number, run = `${n}`, by = 'worker 1') => ({ what: 'lost', n, run, by });

describe('the judge of a soak: jobs', () => {
  it('given a job that ran and ended once, when it is judged, then nothing is wrong', () => {
    expect(offences(acknowledged(quick), starts(quick), ends(quick), completed(quick))).toEqual([]);
  });

  it('given a job that ended twice, when it is judged, then that is an offence', () => {
    const twice = offences(starts(quick), completed(quick), completed(quick, 'other', 'worker 2'));
    expect(twice).toEqual(['is completed, and had ended before']);
  });

  it('given a start after the end was told, when it is judged, then it is an offence, unless its process has just woken up', () => {
    const late = starts(quick, 'late', 'worker 2');
    const wakes = { what: 'continues', by: 'soak', whom: 'worker 2' };
    expect(offences(starts(quick), completed(quick), late)).toEqual(['was started by worker 2 after it had ended']);
    expect(offences(starts(quick), completed(quick), wakes, late)).toEqual([]);
    expect(offences(starts(quick), completed(quick), wakes, late, starts(quick, 'later', 'worker 2'))).toHaveLength(1);
  });

  it('given more starts than attempts and one, when they are judged, then that is an offence; what was given back doesn’t count', () => {
    const many = Array.from({ length: 4 }, (_, i) => starts(broken, `${i}`));
    expect(offences(...many.slice(1))).toEqual([]);
    expect(offences(...many)).toEqual(['was started 4 times; it has 2 attempts']);
    expect(offences({ what: 'returned', n: broken, run: '0' }, ...many)).toEqual([]);
  });

  it('given an acknowledged job, when the store doesn’t have it or it never ends, then it is an offence', () => {
    const judge = new Judge();
    judge.see({ at: 0, by: 'producer 1', ...acknowledged(quick) });
    judge.looked(quick, null);
    judge.close(0);
    expect(judge.offences.map(({ what }) => what)).toEqual([
      'was acknowledged, has not ended, and is not there',
      'was acknowledged and has not ended',
    ]);
  });

  it('given an end that the store shows before its worker tells of it, when both were seen, then it is one end', () => {
    const judge = new Judge();
    for (const line of [acknowledged(quick), starts(quick)]) judge.see({ at: 0, by: 'worker 1', ...line });
    judge.looked(quick, { state: 'completed', reason: null });
    judge.see({ at: 1, ...completed(quick) });
    expect(judge.offences).toEqual([]);
    expect(judge.open.size).toBe(0);
    judge.see({ at: 2, ...completed(quick) });
    expect(judge.offences).toHaveLength(1);
  });

  it('given ends that don’t fit the job, when they are judged, then each is an offence', () => {
    expect(offences(completed(quick))).toEqual(['is completed, and never ran']);
    expect(offences(starts(broken), completed(broken))).toEqual(['is completed, and always throws']);
    expect(offences(starts(quick), { what: 'failed', n: quick })).toEqual([
      'is failed (told by its worker), and has attempts left',
    ]);
    expect(offences(starts(quick), { what: 'cancelled', n: quick })).toEqual(['is cancelled, and nobody asked for it']);
    expect(offences({ what: 'cancels', n: quick }, { what: 'cancelled', n: quick })).toEqual([]);
  });
});

describe('the judge of a soak: keys', () => {
  const [a = 0, b = 0] = single;

  it('given two runs under a key for one, when they overlap and the first’s end was taken, then that is an offence', () => {
    const overlapping = [starts(a), starts(b, 'b', 'worker 2'), ends(a), completed(a)];
    expect(offences(...overlapping)).toEqual([expect.stringMatching(/^began while 1 other, job \d+ among them, held/)]);
    expect(offences(starts(a), ends(a), starts(b), completed(a))).toEqual([]);
  });

  it('given a first run that was lost, or whose process died, when a second began beside it, then nothing is wrong', () => {
    expect(offences(starts(a), starts(b, 'b', 'worker 2'), ends(a), lost(a))).toEqual([]);
    const died = { what: 'died', by: 'soak', whom: 'worker 1' };
    expect(offences(starts(a), starts(b, 'b', 'worker 2'), died, ends(b, 'b'), completed(b, 'b'))).toEqual([]);
  });

  it('given a key for three, when a fourth begins beside three whose ends are taken, then that is an offence', () => {
    const four = triple.slice(0, 4);
    const all = [...four.map((n) => starts(n)), ...four.flatMap((n) => [ends(n), completed(n)])];
    expect(offences(...all)).toHaveLength(1);
    expect(offences(...all.filter(({ n }) => n !== four[0]))).toEqual([]);
    // Its line may come late: a key without a cooldown has none to break.
    const [e = 0, f = 0] = four;
    expect(
      offences(starts(e), { ...ends(e), at: 100 }, { ...completed(e), at: 101 }, { ...starts(f), at: 50 }),
    ).toEqual([]);
  });

  it('given a key that cools down, when the next run begins too soon, then that is an offence, whoever heard of the end first', () => {
    const [c = 0, d = 0] = cooled;
    const soon = { ...starts(d), at: 60 };
    const later = { ...starts(d), at: 150 };
    expect(offences(starts(c), ends(c), completed(c), soon)).toHaveLength(1);
    expect(offences(starts(c), ends(c), soon, { ...completed(c), at: 70 })).toHaveLength(1);
    expect(offences(starts(c), ends(c), completed(c), later)).toEqual([]);
    expect(offences(starts(c), ends(c), soon, { ...lost(c), at: 70 })).toEqual([]);
  });
});

describe('the judge of a soak: leaders and schedules', () => {
  it('given a term, when two lead in it, then that is an offence', () => {
    expect(offences({ what: 'leads', term: 1 }, { what: 'leads', term: 1, by: 'worker 2' })).toHaveLength(1);
    expect(offences({ what: 'leads', term: 1 }, { what: 'leads', term: 2, by: 'worker 2' })).toEqual([]);
  });

  it('given a slot, when two jobs are made of it, or none, then that is an offence', () => {
    const slot = (at: number, id: string) => ({ what: 'runs a slot', schedule: 'each 500', slot: at, id });
    expect(offences(slot(500, 'a'), slot(500, 'a'))).toEqual([]);
    expect(offences(slot(500, 'a'), slot(500, 'b'))).toHaveLength(1);
    const judge = new Judge();
    for (const line of [slot(500, 'a'), slot(1_500, 'c')]) judge.see({ at: 0, by: 'worker 1', ...line });
    expect(judge.slotGaps(1_500)).toEqual(["slot 1000 of schedule 'each 500' was not run"]);
  });
});
