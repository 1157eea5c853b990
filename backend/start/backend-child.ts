import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child.ts';
import type { StateDir } from '../config/state-dir.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

/** The backend as a process of its own (`trimtab serve`), so that a crash of one part does not take the other along. */
export function startBackendChild(
  state: StateDir,
  port: number,
  edgeUrl: string,
  onLine: (line: string) => void,
): Child {
  return startChild(
    'backend',
    CLI,
    ['serve', '--demo', '--port', String(port), '--edge', edgeUrl],
    { TRIMTAB_DIR: state.path },
    onLine,
  );
}
