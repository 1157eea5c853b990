import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runInHost } from './command-host.ts';

const CLI = fileURLToPath(new URL('../../../../backend/cli/main.ts', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Launched {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The first line on stdout as JSON; rejects, with what stderr held, when it ends before one came. */
  readonly firstJson: Promise<Record<string, unknown>>;
  /** What it has said there so far. */
  stderr(): string;
  signal(name: NodeJS.Signals): void;
}

type Settings = Readonly<Record<string, string>>;

/** `trimtab …` in a process of its own: for what runs until it is stopped, and where the process itself is tested. */
export function launch(
  args: readonly string[],
  settings: Settings,
  input = '',
  cwd = folderOf(settings),
): Launched {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: environmentOf(settings),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  const firstJson = new Promise<Record<string, unknown>>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const end = stdout.indexOf('\n');
      if (end > 0 && stdout.startsWith('{"')) resolve(JSON.parse(stdout.slice(0, end)));
    });
    child.once('close', () => reject(new Error(`it ended first, and said:\n${stderr}`)));
  });
  // Who only waits for the end need not hear that no JSON came.
  firstJson.catch(() => undefined);
  return {
    pid: child.pid!,
    ended,
    firstJson,
    stderr: () => stderr,
    signal: (name) => child.kill(name),
  };
}

/** `trimtab …` until it ends, in the process that this test worker has for its commands. */
export const runCli = (
  args: readonly string[],
  settings: Settings,
  input = '',
  cwd = folderOf(settings),
): Promise<Ended> => runInHost({ args, env: environmentOf(settings), cwd, input });

/** Not where a configuration file of the person who runs the tests is found. */
const folderOf = (settings: Settings) => settings.TRIMTAB_DIR ?? tmpdir();

/** Nothing of this process's own Trimtab settings reaches a command. */
const environmentOf = (settings: Settings): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TRIMTAB_')),
  ),
  ...settings,
});
