/**
 * An error as it is stored. `cause` and `errors` are linked afterwards (see tagged.ts), since they may lead back to it.
 *
 * A class that JavaScript doesn't define comes back as the standard class that it extends, under its own name, as
 * structured clone has it. Its other fields are not carried.
 */
export type ErrorFields = readonly [
  standardClass: string,
  name: string,
  message: string,
  stack: string | null,
  code: string | null,
];

/** `errors` is an AggregateError's. */
export interface ErrorLinks {
  cause?: unknown;
  errors?: unknown;
}

// `Error` is the class of what fits no other.
const standardClasses = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError] as const;

export function errorFields(error: Error): ErrorFields {
  const { code } = error as { code?: unknown };
  return [
    standardClassOf(error),
    String(error.name),
    String(error.message),
    typeof error.stack === 'string' ? error.stack : null,
    typeof code === 'string' ? code : null,
  ];
}

export function errorLinks(error: Error): ErrorLinks | undefined {
  const hasErrors = Object.hasOwn(error, 'errors') && standardClassOf(error) === 'AggregateError';
  if (!hasErrors && !Object.hasOwn(error, 'cause')) return undefined;
  const links: ErrorLinks = {};
  if (Object.hasOwn(error, 'cause')) links.cause = error.cause;
  if (hasErrors) links.errors = (error as AggregateError).errors;
  return links;
}

/** @throws TypeError if these are not the fields of an error */
export function makeError(fields: unknown): Error {
  if (!isErrorFields(fields)) throw new TypeError('an error has five fields');
  const [standardClass, name, message, stack, code] = fields;
  const error = newStandardError(standardClass, message === '' ? undefined : message);
  if (error.name !== name) define(error, 'name', name);
  // Its own stack, not the decoder's.
  define(error, 'stack', stack ?? undefined);
  if (code !== null) (error as { code?: string }).code = code;
  return error;
}

/** @throws TypeError if that is no error, or these are no links */
export function linkError(error: unknown, links: unknown): void {
  if (!(error instanceof Error) || typeof links !== 'object' || links === null)
    throw new TypeError('links of no error');
  if (Object.hasOwn(links, 'cause')) define(error, 'cause', (links as ErrorLinks).cause);
  if (Object.hasOwn(links, 'errors')) define(error, 'errors', (links as ErrorLinks).errors);
}

function standardClassOf(error: Error): string {
  if (error instanceof AggregateError) return 'AggregateError';
  return standardClasses.find((standard) => error instanceof standard)?.name ?? 'Error';
}

function newStandardError(name: string, message: string | undefined): Error {
  if (name === 'AggregateError') return new AggregateError([], message);
  const standard = standardClasses.find((each) => each.name === name) ?? Error;
  return new standard(message);
}

/** As the constructors do it: present, but not listed. */
function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

function isErrorFields(fields: unknown): fields is ErrorFields {
  if (!Array.isArray(fields) || fields.length !== 5) return false;
  const [standardClass, name, message, stack, code] = fields as unknown[];
  return (
    typeof standardClass === 'string' &&
    typeof name === 'string' &&
    typeof message === 'string' &&
    (typeof stack === 'string' || stack === null) &&
    (typeof code === 'string' || code === null)
  );
}
