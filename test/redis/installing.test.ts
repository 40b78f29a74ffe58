/** How redis-server comes onto a machine that has none. Here the machine is a PATH with little on it. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/services.mjs', import.meta.url));

const isDebianWithRoot = process.getuid?.() === 0 && existsSync('/etc/debian_version');

/** Takes its time, so that others come meanwhile; the server is there at its end. */
const APT_GET = `#!/bin/sh
echo "$*" >>"$TMPDIR/apt-get.log"
[ "$1" = update ] && exit 0
sleep 0.5
printf '#!/bin/sh\\n' >"$TMPDIR/redis-server"
chmod +x "$TMPDIR/redis-server"
`;

describe('redis-server that is missing', () => {
  it.runIf(isDebianWithRoot)(
    'given Debian with root, when three processes want it at once, then its package is installed once',
    async () => {
      const folder = machineWith('flock', 'sh', 'sleep', 'chmod', 'rm');
      writeFileSync(join(folder, 'apt-get'), APT_GET, { mode: 0o755 });
      const answers = await Promise.all([services(folder), services(folder), services(folder)]);
      expect(answers.map(({ stdout }) => stdout.trim())).toEqual(Array(3).fill(join(folder, 'redis-server')));
      const log = readFileSync(join(folder, 'apt-get.log'), 'utf8').trim().split('\n');
      expect(log).toEqual([
        'update -q',
        expect.stringMatching(/^install .*--no-install-recommends .*redis-server locales$/),
      ]);
    },
  );

  it.runIf(isDebianWithRoot)(
    'given a package that cannot be installed, then the error has what apt-get said',
    async () => {
      const folder = machineWith('flock', 'sh', 'chmod', 'rm');
      // Without a pause between its tries.
      writeFileSync(join(folder, 'sleep'), '#!/bin/sh\n', { mode: 0o755 });
      writeFileSync(join(folder, 'apt-get'), '#!/bin/sh\necho no such mirror >&2\nexit 100\n', { mode: 0o755 });
      const { code, stderr } = await services(folder);
      expect(code).toBe(1);
      expect(stderr).toMatch(/not on the PATH\. Install Redis 6\.2 or later .*failed:\n.*no such mirror/s);
    },
  );

  it('given a machine without apt-get, then one line says what to install', async () => {
    const { code, stderr } = await services(machineWith());
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'redis-server is not on the PATH. Install Redis 6.2 or later (Debian, Ubuntu: apt-get install redis-server).',
    ]);
  });
});

/** A folder that is the whole PATH, and where temporary files go. */
function machineWith(...commands: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-machine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const command of commands) symlinkSync(pathOf(command), join(folder, command));
  return folder;
}

function pathOf(command: string): string {
  const candidates = (process.env.PATH ?? '').split(':').map((folder) => join(folder, command));
  return candidates.find((path) => existsSync(path))!;
}

function services(folder: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { PATH: folder, TMPDIR: folder };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
