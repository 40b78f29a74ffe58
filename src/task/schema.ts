/** Standard Schema (standardschema.dev, version 1): what zod, valibot, arktype and others implement. */

import { InvalidInputError } from '../core/errors.js';

/** A schema of any library that follows the standard. */
export interface StandardSchema<TIn = unknown, TOut = TIn> {
  /** What the standard asks of a schema. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<TOut> | Promise<SchemaResult<TOut>>;
    readonly types?: { readonly input: TIn; readonly output: TOut } | undefined;
  };
}

/** What a schema makes of a value: a value, or what is wrong with it. */
export type SchemaResult<TOut> =
  | { readonly value: TOut; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong, and where. */
export interface SchemaIssue {
  /** For people. */
  readonly message: string;
  /** The keys that lead to it; left out for the whole value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The value as the schema passes it on.
 *
 * @throws InvalidInputError with all issues; rejects with it where the schema is asynchronous
 */
export function parseWith<TOut>(
  schema: StandardSchema<unknown, TOut>,
  value: unknown,
  task: string,
): TOut | Promise<TOut> {
  const result = schema['~standard'].validate(value);
  return isThenable(result) ? Promise.resolve(result).then((r) => unwrap(r, task)) : unwrap(result, task);
}

/** Another realm's promise, or a library's own. */
function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown }).then === 'function';
}

function unwrap<TOut>(result: SchemaResult<TOut>, task: string): TOut {
  if (result.issues === undefined) return result.value;
  throw new InvalidInputError(
    task,
    result.issues.map(({ message, path }) => ({ message, path: (path ?? []).map(pathPart).join('.') })),
  );
}

function pathPart(part: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof part === 'object' ? part.key : part);
}
