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
