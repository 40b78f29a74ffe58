/** Node 22 says that its SQLite is experimental. That we use it is our choice, not one that the user could change. */
export function hushSqlite(): void {
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (!String(args[0]).startsWith('SQLite is an experimental feature')) emitWarning(...args);
  };
}
