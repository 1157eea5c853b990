import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrimtabConfig } from '../../backend/config/define-config.ts';
import { until } from './until.ts';

export interface BackendProcess {
  readonly pid: number;
  /** Like a power cut: no handler runs, nothing is flushed. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
}

const path = (name: string) => fileURLToPath(new URL(`../../backend/${name}`, import.meta.url));

/**
 * Runs `backend/main.ts` as a process of its own, which ends with this one, however this one ends.
 * Ready to answer when this resolves.
 * @param env all that it sees of the environment, but for PATH and how Node loads modules; it runs in TRIMTAB_DIR, beside
 * a configuration file with @param config.
 */
export async function startBackendProcess(
  url: string,
  env: Readonly<Record<string, string>> & { readonly TRIMTAB_DIR: string },
  config: TrimtabConfig = {},
): Promise<BackendProcess> {
  await mkdir(env.TRIMTAB_DIR, { recursive: true });
  await writeFile(join(env.TRIMTAB_DIR, 'trimtab.config.json'), JSON.stringify(config));
  const { PATH, NODE_COMPILE_CACHE, NODE_OPTIONS } = process.env;
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', path('start/exit-with-parent.ts'), path('main.ts')],
    {
      cwd: env.TRIMTAB_DIR,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH, NODE_COMPILE_CACHE, NODE_OPTIONS, ...env },
    },
  );
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-8000)));
  const exited = once(child, 'exit');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  let isWanted = true;
  child.once('exit', (code, signal) => {
    if (isWanted) process.stderr.write(`the backend ended (${signal ?? code}):\n${log}\n`);
  });
  const end = async (signal: NodeJS.Signals) => {
    isWanted = false;
    if (!hasEnded()) child.kill(signal);
    await exited;
  };
  try {
    await until('the backend answers, or ends', async () => {
      if (hasEnded()) return true;
      const response = await fetch(`${url}/health/live`);
      await response.text();
      return response.ok;
    });
    if (hasEnded()) throw new Error('the backend ended');
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`the backend did not start on ${url}:\n${log}`, { cause: error });
  }
  return { pid: child.pid!, kill9: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
