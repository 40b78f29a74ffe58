/**
 * A store for cases whose jobs are named `a` and `b`: it gives each the id that a manager would, which names the
 * partition of its queue, and shows the names again.
 */

import { hashedId } from '../../../src/core/id.js';
import type { NewJob } from '../../../src/core/job.js';
import type { Store } from '../../../src/store/index.js';

/** Names and ids of all its jobs, across the clients of one server. */
export class Names {
  readonly #ids: Map<string, string> = new Map();
  readonly #names: Map<string, string> = new Map();

  give(name: string, partition: number): string {
    const id = hashedId(['case', name], partition);
    this.#ids.set(name, id);
    this.#names.set(id, name);
    return id;
  }

  /** An id of nobody where there is none of this name. */
  id(name: string): string {
    return this.#ids.get(name) ?? hashedId(['nobody', name], 0);
  }

  name(id: string): string {
    return this.#names.get(id) ?? id;
  }
}

export function named(store: Store, names: Names): Store {
  const { of } = store.partitions!;
  const id = (name: string): string => names.id(name);
  const shown = <T extends { readonly id: string }>(job: T): T => ({ ...job, id: names.name(job.id) });
  const recorded = <T extends { readonly id: string; readonly partition: number }>(job: T): T => ({
    ...shown(job),
    partition: 0,
  });
  const withIds = <T extends { readonly id: string }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, id: id(item.id) }));
  const verbs: Partial<Store> = {
    async insert(jobs) {
      const made = jobs.map((job): NewJob => {
        const partition = of(job.queue);
        return { ...job, id: names.give(job.id, partition), partition };
      });
      return (await store.insert(made)).map(shown);
    },
    async exchange(request) {
      const reply = await store.exchange({ ...request, settle: withIds(request.settle) });
      return { ...reply, jobs: reply.jobs.map(shown) };
    },
    async extend(request) {
      const reply = await store.extend(request);
      return { ...reply, cancel: reply.cancel.map((one) => names.name(one)) };
    },
    update: (changes) => store.update(withIds(changes)),
    async control(action, selector, limit) {
      const own = 'ids' in selector ? { ids: selector.ids.map(id) } : selector;
      const asked = 'ids' in selector ? selector.ids : null;
      const reply = await store.control(action, own, limit);
      return {
        ...reply,
        answers: reply.answers.map((answer, i) => ({ ...answer, id: asked?.[i] ?? names.name(answer.id) })),
      };
    },
    get: async (ids) => (await store.get(ids.map(id))).map((job) => (job === null ? null : recorded(job))),
    async list(filter, cursor, limit) {
      const reply = await store.list(filter, cursor, limit);
      return { ...reply, jobs: reply.jobs.map(recorded) };
    },
    async inspect(name) {
      const found = await store.inspect(id(name));
      if (found === null) return null;
      const keys = found.keys.map((key) => ({ ...key, holders: key.holders.map((one) => names.name(one)) }));
      return { ...found, job: recorded(found.job), keys };
    },
  };
  return new Proxy(store, {
    get: (target, name) => Reflect.get(verbs, name) ?? Reflect.get(target, name),
  });
}
