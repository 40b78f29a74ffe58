import { ValueError } from '../errors.js';

/**
 * A step from a value to one of its parts: a property's name, an array's index, or, ready to print, a way into a Map
 * or a Set.
 */
export type Step = string | number | { readonly print: string };

/** The error for a part that can't be stored: where it is, what it is, what to do. */
export function refusal(what: string, steps: readonly Step[], value: unknown): ValueError {
  const [found, advice] = describe(value);
  return new ValueError(`${pathOf(what, steps)} is ${found}, which no store can carry. ${advice}`);
}

/** The error for text that Postgres, for one, can't take. */
export function textRefusal(what: string, steps: readonly Step[], isKey: boolean, text: string): ValueError {
  const found = text.includes('\0') ? 'the character U+0000' : 'a lone surrogate (half of a character)';
  const holder = isKey ? `${pathOf(what, steps)} has a key with` : `${pathOf(what, steps)} contains`;
  return new ValueError(
    `${holder} ${found}, which not every store can carry. Remove it, or pass the bytes as a Uint8Array.`,
  );
}

/** `input.users[3].name`; the middle of a long path is left out. */
export function pathOf(what: string, steps: readonly Step[]): string {
  if (steps.length <= 20) return what + steps.map(printStep).join('');
  return `${what}${steps.slice(0, 10).map(printStep).join('')} … ${steps.slice(-5).map(printStep).join('')}`;
}

/** A Map's key in a path. */
export function printKey(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(shorten(key));
  return typeof key === 'object' && key !== null ? '{…}' : String(key);
}

function printStep(step: Step): string {
  if (typeof step === 'number') return `[${step}]`;
  if (typeof step === 'object') return step.print;
  const shown = shorten(step);
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function describe(value: unknown): readonly [found: string, advice: string] {
  if (typeof value === 'function') {
    return [
      value.name === '' ? 'a function' : `a function (${value.name})`,
      'Keep code in the task and pass data that tells it what to do.',
    ];
  }
  if (typeof value !== 'object' || value === null) return ['a symbol', 'Pass a string.'];
  const className = classNameOf(value);
  switch (className) {
    case 'Promise':
      return [`a ${className}`, 'Await it first.'];
    case 'URL':
    case 'URLSearchParams':
      return [`a ${className}`, 'Pass it as a string.'];
    case 'WeakMap':
    case 'WeakSet':
    case 'WeakRef':
    case 'SharedArrayBuffer':
      return [`a ${className}`, 'Pass a copy of what it holds.'];
    case 'Blob':
    case 'File':
    case 'ReadableStream':
    case 'Request':
    case 'Response':
      return [`a ${className}`, 'Store the payload elsewhere and pass a reference to it.'];
    case 'Object':
      return ['an object with a prototype of its own', 'Pass a plain object: a copy with { ...spread }.'];
    default:
      return [
        className === '' ? 'an instance of a nameless class' : `an instance of class ${className}`,
        'Pass a plain object with its fields and make the instance in the task.',
      ];
  }
}

function classNameOf(value: object): string {
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' ? maker.name : '';
}
