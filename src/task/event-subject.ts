/** rxjs subjects whose subscribers can't harm those who publish. */

import { Observable, type Observer, type Operator, Subject, Subscriber, type Subscription } from 'rxjs';

type Next<T> = Partial<Observer<T>> | ((value: T) => void);

/**
 * A Subject. A subscriber that throws, behind operators too, is reported and goes on; plain rxjs would throw its error
 * at the process a moment later.
 */
export class EventSubject<T> extends Subject<T> {
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    super();
    this.#report = report;
  }

  override lift<R>(operator: Operator<T, R>): Observable<R> {
    return new Shielded<R>(this, operator as Operator<unknown, R>, this.#report);
  }

  override subscribe(
    next?: Next<T> | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(shield(next, error, complete, this.#report));
  }
}

/** What operators make of such a subject. */
class Shielded<T> extends Observable<T> {
  readonly #report: (error: unknown) => void;

  constructor(source: Observable<unknown>, operator: Operator<unknown, T>, report: (error: unknown) => void) {
    super();
    this.source = source;
    this.operator = operator;
    this.#report = report;
  }

  override lift<R>(operator: Operator<T, R>): Observable<R> {
    return new Shielded<R>(this, operator as Operator<unknown, R>, this.#report);
  }

  override subscribe(
    next?: Next<T> | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    return super.subscribe(shield(next, error, complete, this.#report));
  }
}

/** An operator's own subscriber stays as it is; what a user gave is called with care. */
function shield<T>(
  next: Next<T> | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
  report: (error: unknown) => void,
): Partial<Observer<T>> {
  if (next instanceof Subscriber) return next;
  const isObserver = typeof next === 'object' && next !== null;
  const onNext = isObserver ? next.next?.bind(next) : next;
  const onError = isObserver ? next.error?.bind(next) : error;
  const onComplete = isObserver ? next.complete?.bind(next) : complete;
  const guarded =
    <A extends readonly unknown[]>(call: (...args: A) => unknown) =>
    (...args: A): void => {
      try {
        const returned = call(...args);
        // An async listener that rejects must not become an unhandled rejection.
        if (returned instanceof Promise) returned.catch(report);
      } catch (thrown) {
        report(thrown);
      }
    };
  return {
    next: guarded((value: T) => onNext?.(value)),
    error: guarded((thrown: unknown) => (onError ?? report)(thrown)),
    complete: guarded(() => onComplete?.()),
  };
}
