/** Draws the live region when something changed, at most ten times a second. Its timers keep no process alive. */

import type { Paint } from '../terminal.js';
import { drawLive } from './drawing.js';
import { columnsOf, Region, type Screen, type Source } from './region.js';
import type { LiveState } from './state.js';

const FRAME_MS = 100;
/** Under text that comes without end the region is drawn so often, and missing in between. */
const AFTER_TEXT_MS = 30;
/** For what changes by time alone. */
const CLOCK_MS = 1_000;

export interface ResizableScreen extends Screen {
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

export class LiveView {
  readonly #screen: ResizableScreen;
  readonly #paint: Paint;
  readonly #region: Region;
  readonly #clock: NodeJS.Timeout;
  #look: (() => LiveState) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #drawnAt = -Infinity;

  constructor(screen: ResizableScreen, paint: Paint) {
    this.#screen = screen;
    this.#paint = paint;
    this.#region = new Region(screen);
    this.#clock = setInterval(() => this.changed(), CLOCK_MS).unref();
    screen.on('resize', this.#onResize);
  }

  /** @param look is asked when it is time to draw; null: nothing is shown */
  show(look: (() => LiveState) | null): void {
    this.#look = look;
    this.changed();
  }

  /** Costs next to nothing while a frame is due already. */
  readonly changed = (): void => {
    if (!this.#isDue) this.#drawIn(FRAME_MS);
  };

  /** What others write to the terminal. */
  print(text: string, source: Source): void {
    const wasDrawn = this.#region.isDrawn;
    this.#region.print(text, source);
    if (wasDrawn && performance.now() - this.#drawnAt >= AFTER_TEXT_MS) this.#draw();
    else if (this.#look !== null) this.#drawIn(AFTER_TEXT_MS);
  }

  /** After the process was stopped and continued. */
  readonly continued = (): void => {
    this.#region.forget();
    this.changed();
  };

  close(): void {
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
    this.#screen.off('resize', this.#onResize);
    this.#look = null;
    // Nothing starts it again.
    this.#isDue = true;
    this.#region.close();
  }

  readonly #onResize = (): void => this.#draw();

  #drawIn(delayMs: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const sinceMs = performance.now() - this.#drawnAt;
    this.#timer = setTimeout(() => this.#draw(), Math.max(0, delayMs - sinceMs)).unref();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#isDue = false;
    this.#drawnAt = performance.now();
    const frame = {
      columns: columnsOf(this.#screen),
      rows: this.#screen.rows || 24,
      now: Date.now(),
      paint: this.#paint,
    };
    this.#region.draw(this.#look === null ? [] : drawLive(this.#look(), frame));
  }
}
