/** Whether the events of the cluster are followed: while somebody listens, and only then. */

import type { ClusterFollower, TaskManager } from '../manager/index.js';

export class Following {
  readonly #manager: TaskManager;
  readonly #follower: ClusterFollower;
  /** Events that come from now on are heard. */
  readonly #onBegun: () => void;
  /** Null: nobody listens. */
  #stretch: Stretch | null = null;

  constructor(manager: TaskManager, follower: ClusterFollower, onBegun: () => void) {
    this.#manager = manager;
    this.#follower = follower;
    this.#onBegun = onBegun;
  }

  /** Resolves once all that happens from now on is heard; at once if nobody listens. */
  async ready(): Promise<void> {
    await this.#stretch?.ready;
  }

  want(isWanted: boolean): void {
    if (isWanted && this.#stretch === null) this.#stretch = this.#begin();
    else if (!isWanted && this.#stretch !== null) {
      this.#stretch.end();
      this.#stretch = null;
    }
  }

  #begin(): Stretch {
    let isOver = false;
    let endFollowing: (() => void) | null = null;
    const follower: ClusterFollower = {
      events: (events) => {
        if (!isOver) this.#follower.events(events);
      },
      gap: () => {
        if (!isOver) this.#follower.gap();
      },
    };
    const ready = this.#manager.follow(follower).then(
      (end) => {
        endFollowing = end;
        if (isOver) end();
        else this.#onBegun();
      },
      // The manager closes: nobody will hear anything any more.
      () => {},
    );
    return {
      ready,
      end() {
        isOver = true;
        endFollowing?.();
      },
    };
  }
}

interface Stretch {
  readonly ready: Promise<void>;
  end(): void;
}
