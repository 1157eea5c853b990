import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly name: string;
  /** Resolves with words for how it ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Asks it to end, and ends it and all that it started by force after the grace. */
  stop(graceMs: number): Promise<void>;
}

const EXIT_WITH_PARENT = fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url));

/**
 * Runs a script with this very Node in a process group of its own: a terminal's Ctrl-C reaches the parent
 * only, which then ends its children in order. `onLine` gets each line that the child prints.
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
    ['--no-warnings', '--import', EXIT_WITH_PARENT, script, ...args],
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
      // Whatever it had started itself (wrangler: workerd) must not outlive it.
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
    // ESRCH: nobody is left in the group, which is what was wanted.
  }
}
