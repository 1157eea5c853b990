import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly name: string;
  /** Resolves when it has ended, with a sentence part that says how. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM; after the grace, kills it and every process that it started. */
  stop(graceMs: number): Promise<void>;
}

/** MiB for new objects, as threads are bounded too (`backend/process/thread.ts`): by itself V8 reserves 128, and seldom gives them back. */
const YOUNG_GENERATION = '--max-semi-space-size=16';
const EXIT_WITH_PARENT = fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url));

/**
 * Runs a script with this process's own Node, in a process group of its own: Ctrl-C in a terminal reaches the parent only,
 * which then stops its children in order. `onLine` gets each line that the child prints.
 */
export function startChild(
  name: string,
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Child {
  const child = spawn(
    process.execPath,
    ['--no-warnings', YOUNG_GENERATION, '--import', EXIT_WITH_PARENT, script, ...args],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...environment },
    },
  );
  for (const stream of [child.stdout!, child.stderr!])
    createInterface({ input: stream }).on('line', onLine);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      // Processes that it started (wrangler starts workerd) must not outlive it.
      signalGroup(child, 'SIGKILL');
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    });
  });
  return {
    name,
    ended,
    async stop(graceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const force = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(force);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: no process is left in the group, as intended.
  }
}
