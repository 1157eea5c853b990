import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DemoSystem } from './system.ts';

const CLI = fileURLToPath(new URL('../../../backend/cli/main.ts', import.meta.url));

/** `trimtab …` as an operator of this system types it. @throws what it says, unless it succeeds. */
export async function runTrimtab(
  { backend, keys, directory }: DemoSystem,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await promisify(execFile)(process.execPath, ['--no-warnings', CLI, ...args], {
    signal,
    cwd: directory,
    env: {
      ...process.env,
      TRIMTAB_DIR: directory,
      TRIMTAB_BACKEND: backend.url,
      TRIMTAB_KEY: keys.secretKey,
    },
  });
}
