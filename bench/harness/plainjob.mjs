/** plainjob as its README has it, on better-sqlite3. It sets WAL and synchronous = NORMAL itself. */
import { better, defineQueue, defineWorker } from 'plainjob';

// Which one runs where: see peers.mjs.
const isOld = Number.parseInt(process.versions.node, 10) < 22;
const { default: Database } = await import(isOld ? 'better-sqlite3' : 'better-sqlite3-13');

/** Its default writes several lines a job to the console. */
export const quiet = { error: console.error, warn() {}, info() {}, debug() {} };

/** @param {string} path */
export function openQueue(path) {
  const database = new Database(path);
  const queue = defineQueue({ connection: better(database), logger: quiet });
  return { queue, sqlite: `SQLite ${database.prepare('SELECT sqlite_version()').pluck().get()}` };
}

/** `onCompleted` comes when the job is marked as done in the database. */
export function openWorker(queue, onCompleted) {
  return defineWorker('noop', async () => {}, { queue, logger: quiet, onCompleted });
}
