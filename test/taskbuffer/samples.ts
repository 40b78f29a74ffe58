/**
 * Runs the samples in `samples/`, which stand there exactly as in the document: types are stripped, and the import's
 * name is `taskspan`. A sample continues others and leaves names undefined, so it is given names, and gives its own.
 */

import type { AnyTask } from 'taskspan';
import * as taskspan from 'taskspan';
import { onTestFinished } from 'vitest';
import { parseAst } from 'vitest/node';
import { toJavaScript } from '../../src/cli/typescript-hooks.js';
import { blocksOfPage } from '../docs/pages.js';
import type { World } from '../engine/world.js';
import { textOf } from '../house/source.js';

// biome-ignore lint/suspicious/noExplicitAny: a sample's names are of any type
export type Names = Readonly<Record<string, any>>;

export interface Ran {
  /** What the sample declares at its top. */
  readonly names: Names;
  /** First arguments of `console.log` and `console.error`, in order; it grows while tasks run on. */
  readonly printed: readonly unknown[];
}

/** What a sample imports: the package, with managers that live in the world's time. */
export function taskspanIn(world: World): Names {
  class TaskManager extends taskspan.TaskManager {
    constructor(options: taskspan.TaskManagerOptions = {}) {
      super({ store: world.store, host: world.time.host, ...options });
      onTestFinished(() => void this.close({ timeout: 0 }));
    }
  }
  return { ...taskspan, TaskManager };
}

/** A task of any input, for names that a sample leaves undefined. */
export function taskOf(name: string, taskFunction: (input: string) => unknown = async () => {}): AnyTask {
  return new taskspan.Task({ name, taskFunction });
}

/** The titles of a page's samples. */
export function titlesOf(page: string): readonly string[] {
  return [...textOf(pathOf(page)).matchAll(/^## (.+)$/gm)].map((match) => match[1] as string);
}

/** Runs the sample to its end. Rejects with what it throws. */
export async function run(page: string, title: string, given: Names = {}, imports: Names = taskspan): Promise<Ran> {
  const code = toJavaScript(textOfSample(page, title), `${title}.ts`);
  const declared = declarationsOf(code);
  const body = code.replace(/^import\s*\{([^}]*)\}\s*from\s*'taskspan';/gm, 'const {$1} = imported(`$1`);');
  const printed: unknown[] = [];
  const print = (first: unknown): void => void printed.push(first);
  const surroundings: Names = {
    ...imports,
    console: { log: print, error: print },
    ...given,
    imported: (names: string) => imported(imports, names),
  };
  // In a block of its own, where it may declare what it was given.
  const call = new AsyncFunction(...Object.keys(surroundings), `{ ${body}\nreturn { ${declared.join(', ')} }; }`);
  return { names: (await call(...Object.values(surroundings))) as Names, printed };
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (...args: unknown[]) => Promise<unknown>;

function textOfSample(page: string, title: string): string {
  const path = pathOf(page);
  const sample = blocksOfPage(path)[titlesOf(page).indexOf(title)];
  if (sample === undefined) throw new Error(`${path} has no sample '${title}'.`);
  return sample.text.replaceAll('@push.rocks/taskbuffer', 'taskspan');
}

function pathOf(page: string): string {
  return `test/taskbuffer/samples/${page}.md`;
}

/** As an import would: a name that isn't exported is an error. */
function imported(exports: Names, names: string): Names {
  for (const name of names.split(',').map((one) => one.trim()))
    if (name !== '' && !(name in exports)) throw new SyntaxError(`taskspan exports no '${name}'.`);
  return exports;
}

interface Declaration {
  readonly type: string;
  readonly id?: { readonly name: string };
  readonly declarations?: readonly {
    readonly id: { readonly name?: string; readonly elements?: readonly { readonly name: string }[] };
  }[];
}

function declarationsOf(code: string): readonly string[] {
  const { body } = parseAst(code) as unknown as { readonly body: readonly Declaration[] };
  return body.flatMap(({ type, id, declarations = [] }) => {
    if (type === 'FunctionDeclaration' || type === 'ClassDeclaration') return id === undefined ? [] : [id.name];
    return declarations.flatMap((one) => one.id.elements?.map(({ name }) => name) ?? one.id.name ?? []);
  });
}
