/** What a row is made of, and what comes out of it. */

export interface Row {
  readonly title: string;
  readonly work: string;
  readonly measures: Readonly<Record<string, Measure>>;
  readonly contestants: readonly Contestant[];
  readonly comparisons: readonly Comparison[];
}

export interface Measure {
  readonly unit: string;
  readonly better: 'more' | 'less';
}

export interface Contestant {
  readonly name: string;
  /** The one that npm runs on, or Node 24. */
  readonly node: 'this' | 'node24';
  /** In the row's folder. Its last line is JSON: a number for each measure, and texts about itself. */
  readonly script: string;
  /** How much work; `--scale` multiplies it. */
  readonly size: Readonly<Record<string, number>>;
  readonly args?: Readonly<Record<string, unknown>>;
  /** Of Node. */
  readonly flags?: readonly string[];
  /** In words. */
  readonly setting: string;
}

/** Without floor and goal it is shown and not judged. A goal alone is for what need not, but should, be reached. */
export interface Comparison {
  readonly name: string;
  /** A contestant. */
  readonly ours: string;
  /** Contestants: the best of them counts. */
  readonly peers?: readonly string[];
  readonly measure: string;
  /** What floor and goal are about. Default: the ratio if there are peers, else the value. */
  readonly by?: 'value' | 'ratio';
  readonly floor?: number;
  readonly goal?: number;
}

/** A contestant and what it printed, round by round. */
export interface Measured {
  readonly contestant: Contestant;
  /** Its version. */
  readonly node: string;
  readonly outputs: readonly Output[];
  readonly failure: string | undefined;
}

export type Output = Readonly<Record<string, number | string>>;

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** In the order of rounds. */
  readonly values: readonly number[];
}

export interface Judged {
  readonly name: string;
  readonly measure: string;
  readonly unit: string;
  readonly by: 'value' | 'ratio';
  readonly floor: number | undefined;
  readonly goal: number | undefined;
  readonly ours: string;
  readonly median?: number;
  readonly peer?: string;
  readonly peerMedian?: number;
  readonly ratio?: number;
  readonly ratioMin?: number;
  readonly ratioMax?: number;
  readonly reached: 'goal' | 'floor' | 'below' | 'none set' | 'not measured';
}
