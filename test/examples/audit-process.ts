/** The site audit as a user runs it: its own process group, in its own folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TaskManager } from 'taskspan';
import type { Report } from '../../examples/site-audit/report.js';

export const cli: string = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const example = fileURLToPath(new URL('../../examples/site-audit.ts', import.meta.url));

export class AuditProcess {
  readonly exited: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;

  /** @param folder where it keeps its jobs and writes its report */
  constructor(folder: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [cli, 'dev', example, '--', ...args], {
      cwd: folder,
      // A group of its own, so that a kill reaches what the command starts as well.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** `kill -9`, and nothing of it lives any more. */
  async kill(): Promise<void> {
    const { pid, exitCode } = this.#child;
    if (pid !== undefined && exitCode === null) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await this.exited;
  }
}

/** Runs an audit to its end. @throws with all that it printed, unless it exits with 0 */
export async function auditToEnd(folder: string, ...args: readonly string[]): Promise<Report> {
  const audit = new AuditProcess(folder, '--once', ...args);
  const exitCode = await audit.exited;
  if (exitCode !== 0) throw new Error(`The audit exited with ${exitCode}:\n${audit.output}`);
  return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report;
}

/** What an audit found, without what differs from one audit to the next. */
export function findingsOf({ version, summary, pages, checks }: Report): object {
  return { version, summary, pages, checks };
}

export interface EndedCheck {
  readonly id: string;
  readonly task: string;
  readonly url: string;
  readonly endedAt: unknown;
  readonly attempt: unknown;
}

/** The checks that have ended, as the store of an audit's folder has them. */
export async function endedChecks(folder: string): Promise<EndedCheck[]> {
  const path = storePath(folder);
  if (!existsSync(path)) return [];
  const manager = new TaskManager({ store: `sqlite:${path}`, work: false });
  const ended: EndedCheck[] = [];
  try {
    for await (const job of manager.list({ state: ['completed', 'failed'] })) {
      const { url } = job.input as { url?: string };
      if (url !== undefined)
        ended.push({ id: job.id, task: job.task, url, endedAt: job.endedAt, attempt: job.attempt });
    }
  } finally {
    await manager.close();
  }
  return ended;
}

function storePath(folder: string): string {
  return join(folder, '.taskspan', 'dev.db');
}
