import type { Logger } from '../core/logger.js';

/** Warnings and errors are for people even where no logger was given. */
export const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (message, details) => (details === undefined ? console.warn(message) : console.warn(message, details)),
  error: (message, details) => (details === undefined ? console.error(message) : console.error(message, details)),
};
