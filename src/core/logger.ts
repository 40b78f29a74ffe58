/** Where taskspan writes what a person should know. `console` fits. */
export interface Logger {
  /** What helps to find a fault. */
  debug(message: string, details?: object): void;
  /** What is well, and good to know. */
  info(message: string, details?: object): void;
  /** What may go wrong, or was put right. */
  warn(message: string, details?: object): void;
  /** What went wrong. */
  error(message: string, details?: object): void;
}

/** Tells of a listener that threw. If the logger throws too, there is nobody left to tell, and no run suffers by it. */
export function reportListener(logger: Logger, message: string, error: unknown): void {
  try {
    logger.error(message, { error });
  } catch {
    // As said.
  }
}
