import { readFileSync } from 'node:fs';
import type { StateDir, StateDirRole } from './state-dir.ts';

/** What the process that uses a state directory says of itself: for those that it keeps out, and for those that look for it. */
export interface Holder {
  readonly pid: number;
  /** Epoch ms. */
  readonly since: number;
  readonly ports: Readonly<Record<string, number>>;
}

export const holderFile = (state: StateDir, role: StateDirRole): string =>
  `${state.lock[role]}.json`;

/** @returns undefined where nobody has said who they are, or the file is being written. */
export function readHolder(state: StateDir, role: StateDirRole): Holder | undefined {
  try {
    return JSON.parse(readFileSync(holderFile(state, role), 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether its process lives; a machine that lost its power leaves what one said of itself. */
export function isAlive({ pid }: Holder): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The port of the backend that uses a state directory now. @returns undefined where none does. */
export function portOfBackend(state: StateDir): number | undefined {
  const holder = readHolder(state, 'serve');
  return holder !== undefined && isAlive(holder) ? holder.ports.backend : undefined;
}
