/** One connection through a proxy: two sockets, and what flows from each to the other. */

import { connect, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What makes bytes late or lost. */
export type Mode = { readonly kind: 'pass' | 'hold' | 'halfOpen' } | { readonly kind: 'delay'; readonly ms: number };

/** To the target, or from it. */
export type Direction = 'request' | 'reply';

/** What the proxy says and hears. */
export interface Course {
  mode(): Mode;
  /** How many bytes of a piece may pass; if they are fewer than it has, the connection is cut after them. */
  allowed(direction: Direction, length: number): number;
  onPassed(direction: Direction, length: number): void;
  onCut(): void;
  onClosed(): void;
}

export class Connection {
  readonly #sockets: readonly [Socket, Socket];
  readonly #flows: readonly [Flow, Flow];
  readonly #course: Course;
  /** Bytes were lost, so nothing that follows could be understood. */
  #isDead = false;
  #closed = 0;

  constructor(client: Socket, { host, port }: Address, course: Course) {
    const target = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.#course = course;
    this.#sockets = [client, target];
    this.#flows = [new Flow(client, this.#way('request', target)), new Flow(target, this.#way('reply', client))];
    for (const socket of this.#sockets) {
      // Whoever is cut off is told by a reset; in a half-open network nobody is told anything.
      socket.on('error', () => this.#isMute() || this.reset());
      socket.on('close', () => this.#onClose());
    }
  }

  reset(): void {
    for (const flow of this.#flows) flow.stop();
    for (const socket of this.#sockets) if (!socket.destroyed) socket.resetAndDestroy();
  }

  modeChanged(): void {
    for (const flow of this.#flows) flow.go();
  }

  #way(direction: Direction, to: Socket): Way {
    return {
      waitMs: (cameAt) => this.#waitMs(cameAt),
      pass: (piece) => this.#pass(direction, to, piece),
    };
  }

  #waitMs(cameAt: number): number {
    const mode = this.#course.mode();
    if (mode.kind === 'hold') return Number.POSITIVE_INFINITY;
    return mode.kind === 'delay' ? Math.ceil(cameAt + mode.ms - performance.now()) : 0;
  }

  #pass(direction: Direction, to: Socket, piece: Piece): void {
    this.#isDead ||= this.#course.mode().kind === 'halfOpen';
    if (this.#isDead) return;
    if (piece === END) return void to.end();
    const length = this.#course.allowed(direction, piece.length);
    this.#course.onPassed(direction, length);
    if (length === piece.length) return void to.write(piece);
    for (const flow of this.#flows) flow.stop();
    // What may pass is with the kernel before the reset.
    to.write(piece.subarray(0, length), () => {
      this.reset();
      this.#course.onCut();
    });
  }

  #isMute(): boolean {
    return this.#isDead || this.#course.mode().kind === 'halfOpen';
  }

  #onClose(): void {
    this.#closed += 1;
    if (this.#closed === this.#sockets.length) this.#course.onClosed();
  }
}

/** The end of what one side says. */
const END = Symbol('end');

type Piece = Buffer | typeof END;

interface Way {
  /** How much longer a piece has to wait that came then. */
  waitMs(cameAt: number): number;
  pass(piece: Piece): void;
}

/** What comes from one socket, in order. */
class Flow {
  readonly #way: Way;
  #waiting: { readonly piece: Piece; readonly cameAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hasStopped = false;

  constructor(from: Socket, way: Way) {
    this.#way = way;
    from.on('data', (piece: Buffer) => this.#take(piece));
    from.on('end', () => this.#take(END));
  }

  stop(): void {
    this.#hasStopped = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  /** Lets through what may go now. */
  go(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const waitMs = this.#way.waitMs(next.cameAt);
      if (waitMs > 0) {
        if (waitMs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.go(), waitMs);
        return;
      }
      this.#waiting.shift();
      this.#way.pass(next.piece);
    }
  }

  #take(piece: Piece): void {
    if (this.#hasStopped) return;
    this.#waiting.push({ piece, cameAt: performance.now() });
    this.go();
  }
}
