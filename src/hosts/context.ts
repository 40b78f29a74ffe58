import type { AsyncContext } from '../core/host.js';

/** As much of Node's `async_hooks` as we use. */
interface AsyncHooks {
  readonly AsyncLocalStorage: {
    new (): Storage;
    snapshot(): <A>(call: (arg: A) => void, arg: A) => void;
  };
  readonly AsyncResource: new (type: string, options: { readonly requireManualDestroy: boolean }) => object;
}

interface Storage {
  getStore(): unknown;
  run<A>(value: unknown, call: (arg: A) => void, arg: A): void;
  disable(): void;
}

/** Of the process: from within whose run a call comes doesn't depend on who asks. Undefined where the platform has none. */
export const asyncContext: AsyncContext | undefined = platformContext();

function platformContext(): AsyncContext | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => AsyncHooks | undefined };
  };
  const hooks = process?.getBuiltinModule?.('node:async_hooks');
  if (hooks === undefined) return undefined;
  const storage = new hooks.AsyncLocalStorage();
  return {
    get: () => storage.getStore(),
    run: (value, call, arg) => storage.run(value, call, arg),
    ...atRoot(hooks, storage),
  };
}

/**
 * Whether any storage of the process, whoever made it, has a value here; and the way to where none has.
 *
 * Node has no call for the first. But what is made here takes the values along, under symbols of Node's own: a frame of
 * them all, or one for each. Whether they can be seen is tried out, since nothing documents it; if not, there may always
 * be some.
 */
function atRoot(
  { AsyncLocalStorage, AsyncResource }: AsyncHooks,
  own: Storage,
): Pick<AsyncContext, 'isEmpty' | 'runAtRoot'> {
  const options = { requireManualDestroy: true };
  const make = (): Made => new AsyncResource('taskspan', options) as Made;
  // Taken when this module is loaded, which is where a process begins.
  const runAtRoot = AsyncLocalStorage.snapshot();
  const frame = Object.getOwnPropertySymbols(make()).find(({ description }) => description === 'context_frame');
  const isEmpty = frame === undefined ? () => hasNoStores(make()) : () => isEmptyFrame(make()[frame], null);
  if (!canBeTold(isEmpty, new AsyncLocalStorage())) return { runAtRoot, isEmpty: () => false };
  if (frame === undefined) return { runAtRoot, isEmpty };
  return {
    isEmpty,
    // Nobody but us carries anything: then it is cheaper to stay. Our own value tells of a run that has ended.
    runAtRoot: (call, arg) => (isEmptyFrame(make()[frame], own) ? call(arg) : runAtRoot(call, arg)),
  };
}

type Made = Readonly<Record<symbol, unknown>>;

function hasNoStores(made: Made): boolean {
  for (const symbol of Object.getOwnPropertySymbols(made)) {
    if (symbol.description === 'kResourceStore' && made[symbol] !== undefined) return false;
  }
  return true;
}

/** A Map from storages to values, but of a class that is none by `instanceof`. */
function isEmptyFrame(frame: unknown, except: Storage | null): boolean {
  if (frame === undefined) return true;
  for (const [storage, value] of Map.prototype.entries.call(frame)) {
    if (value !== undefined && storage !== except) return false;
  }
  return true;
}

function canBeTold(isEmpty: () => boolean, probe: Storage): boolean {
  let canTell = false;
  try {
    probe.run(
      'seen',
      () => {
        canTell = !isEmpty();
      },
      undefined,
    );
    // Throws where a frame is made in another way.
    isEmpty();
  } catch {
    return false;
  } finally {
    probe.disable();
  }
  return canTell;
}
