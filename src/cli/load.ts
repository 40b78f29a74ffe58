/** Imports FILE and finds what it exports. */

import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { type AnyTask, type Main, Task, TaskConstraintGroup, TaskManager } from '../index.js';
import * as hooks from './typescript-hooks.js';

export interface Exports {
  readonly tasks: readonly AnyTask[];
  readonly groups: readonly TaskConstraintGroup[];
  readonly managers: readonly TaskManager[];
  readonly main: Main | null;
}

/**
 * @param onFile told of each local file that FILE loads, then and later
 * @throws what the import throws; a SyntaxError begins with its file and line
 */
export async function loadFile(file: string, onFile: (path: string) => void): Promise<Exports> {
  const files = new Set<string>([file]);
  const flush = installHooks((path) => {
    files.add(path);
    onFile(path);
  });
  onFile(file);
  try {
    return collect((await import(pathToFileURL(file).href)) as object);
  } catch (error) {
    flush();
    throw withPlace(error, files);
  } finally {
    flush();
  }
}

/** @returns reports what has been loaded, now */
function installHooks(onFile: (path: string) => void): () => void {
  // For stacks of the few files that can't keep their lines.
  process.setSourceMapsEnabled(true);
  const { registerHooks } = nodeModule as { registerHooks?: (own: object) => void };
  if (registerHooks !== undefined) {
    hooks.reportTo(onFile);
    registerHooks({ resolve: hooks.resolve, load: hooks.load });
    return () => {};
  }
  const { port1, port2 } = new MessageChannel();
  port1.on('message', onFile);
  port1.unref();
  nodeModule.register(new URL('./typescript-hooks.js', import.meta.url), {
    data: { port: port2 },
    transferList: [port2],
  });
  return () => {
    for (let told = receiveMessageOnPort(port1); told !== undefined; told = receiveMessageOnPort(port1))
      onFile(told.message);
  };
}

/** Tasks, groups and managers, also in arrays and plain records, however deep; each once. */
function collect(module: object): Exports {
  const [tasks, groups, managers] = [new Set<AnyTask>(), new Set<TaskConstraintGroup>(), new Set<TaskManager>()];
  const seen = new Set<unknown>();
  const look = (value: unknown): void => {
    if (value instanceof Task) tasks.add(value);
    else if (value instanceof TaskConstraintGroup) groups.add(value);
    else if (value instanceof TaskManager) managers.add(value);
    else if (isContainer(value) && !seen.has(value)) {
      seen.add(value);
      for (const item of Object.values(value)) look(item);
    }
  };
  look(module);
  const main = (module as { default?: unknown }).default;
  return {
    tasks: [...tasks],
    groups: [...groups],
    managers: [...managers],
    main: typeof main === 'function' ? (main as Main) : null,
  };
}

/** An array, `{…}`, or the namespace of `export * as tasks`. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** Node's own SyntaxError of a JavaScript module keeps to itself where it was. */
function withPlace(error: unknown, files: Iterable<string>): unknown {
  if (!(error instanceof SyntaxError)) return error;
  if (/does not provide an export named/.test(error.message)) {
    error.stack = `${error.stack?.split('\n    at ')[0]}. If it is a type, say so: import { type Name } from …`;
    return error;
  }
  for (const file of files) {
    try {
      if (/\.m?js$/.test(file)) hooks.toJavaScript(readFileSync(file, 'utf8'), file);
    } catch (found) {
      if (found instanceof SyntaxError) return found;
    }
  }
  return error;
}
