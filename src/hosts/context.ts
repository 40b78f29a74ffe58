import type { AsyncContext } from '../core/host.js';

/** As much of Node's AsyncLocalStorage as we use. */
interface Storage {
  getStore(): unknown;
  run<A>(value: unknown, call: (arg: A) => void, arg: A): void;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: new () => Storage;
}

/** Of the process: from within whose run a call comes doesn't depend on who asks. Undefined where the platform has none. */
export const asyncContext: AsyncContext | undefined = platformContext();

function platformContext(): AsyncContext | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => AsyncHooks | undefined };
  };
  const Storage = process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  if (Storage === undefined) return undefined;
  const storage = new Storage();
  return { get: () => storage.getStore(), run: (value, call, arg) => storage.run(value, call, arg) };
}
