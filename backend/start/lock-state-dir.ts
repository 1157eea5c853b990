import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@libsql/client/sqlite3';
import { CliError } from '../client/failure.ts';
import { holderFile, isAlive, readHolder, type Holder } from '../config/state-dir-holder.ts';
import type { StateDir, StateDirRole } from '../config/state-dir.ts';

export interface StateDirLock {
  /** The end of the process does the same, however it ends. */
  release(): void;
}

/** How long a lock may be held by somebody who only looks whether it is free, or by a backend that is just ending. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 50;

/**
 * Makes this process the only one of its role that uses a state directory: two would write each other's settings over, and
 * the database would have two writers. The lock is the operating system's lock of a file, taken through SQLite. It ends with
 * the process and with the machine, so that none is ever left behind, and of two that ask at once one gets it.
 * @param ports where this process listens, by name.
 * @throws CliError naming the process that has the directory.
 */
export async function lockStateDir(
  state: StateDir,
  role: StateDirRole,
  ports: Readonly<Record<string, number>>,
): Promise<StateDirLock> {
  mkdirSync(state.path, { recursive: true });
  const lock = await takeLock(state, role);
  const about = holderFile(state, role);
  const holder: Holder = { pid: process.pid, since: Date.now(), ports };
  writeFileSync(about, `${JSON.stringify(holder)}\n`);
  const release = () => {
    rmSync(about, { force: true });
    lock.release();
  };
  try {
    await keepOtherRoleOut(state, role);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** The backend of a `trimtab start` is the one that this start has started. */
async function keepOtherRoleOut(state: StateDir, role: StateDirRole): Promise<void> {
  const other = role === 'start' ? 'serve' : 'start';
  if (role === 'serve' && readHolder(state, 'start')?.pid === process.ppid) return;
  (await takeLock(state, other)).release();
}

async function takeLock(state: StateDir, role: StateDirRole): Promise<StateDirLock> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const lock = await tryLock(state.lock[role]);
    if (lock !== undefined) return lock;
    const holder = readHolder(state, role);
    const isKnown = holder !== undefined && isAlive(holder);
    // A start waits for the backend of one that was killed, which ends soon.
    const mayEnd = role === 'serve';
    if (performance.now() > deadlineMs || (isKnown && !mayEnd))
      throw new CliError(
        `${state.path} is in use by "trimtab ${role}"${holder === undefined ? '' : textOf(holder)}: stop that first, or set TRIMTAB_DIR to another directory`,
      );
    await sleep(PAUSE_MS);
  }
}

/** @returns undefined where another process has the lock. */
async function tryLock(file: string): Promise<StateDirLock | undefined> {
  const client = createClient({ url: pathToFileURL(file).href, concurrency: 1, timeout: 0 });
  try {
    const transaction = await client.transaction('write');
    return {
      release() {
        transaction.close();
        client.close();
      },
    };
  } catch (error) {
    client.close();
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
}

const textOf = ({ pid, since, ports }: Holder): string => {
  const listening = Object.entries(ports).map(([name, port]) => `${name} on port ${port}`);
  const facts = [`pid ${pid}`, `since ${new Date(since).toISOString()}`, ...listening];
  return ` (${facts.join(', ')})`;
};
