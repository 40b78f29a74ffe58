/** Packs what `dist` holds and lets publint and attw judge the tarball, as a user would get it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'taskspan-package-'));
try {
  run('npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
  const [name = ''] = readdirSync(folder);
  const tarball = join(folder, name);
  run('node_modules/.bin/publint', 'run', tarball, '--strict');
  // ESM only: CommonJS resolution is not offered, so it is not judged.
  run('node_modules/.bin/attw', tarball, '--profile', 'esm-only', '--no-definitely-typed');
} catch {
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, ...args) {
  execFileSync(command, args, { stdio: 'inherit' });
}
