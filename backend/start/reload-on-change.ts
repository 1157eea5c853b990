import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';

/** What the backend is made of; wrangler watches the Worker's files itself. */
export const BACKEND_SOURCES = ['../../backend', '../../shared'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);
/** Long enough that a checkout of hundreds of files is one change, short enough that nobody waits. */
const LOOK_MS = 500;
const STOP_GRACE_MS = 5000;

/**
 * A child that is stopped and started again whenever a source file changes. One that ends by itself, such as by a syntax
 * error, waits for the next change instead of ending the whole system.
 */
export function reloadOnChange(
  folders: readonly string[],
  start: () => Child,
  onLine: (line: string) => void,
): Child {
  let child = start();
  const { name } = child;
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = Promise.withResolvers<string>();
  let isRestarting = false;
  const follow = async (followed: Child) => {
    const how = await followed.ended;
    if (!isRestarting && !signal.aborted) onLine(`${how}: waiting for a change`);
  };
  const startAgain = async () => {
    isRestarting = true;
    await child.stop(STOP_GRACE_MS);
    isRestarting = false;
    if (signal.aborted) return;
    child = start();
    void follow(child);
  };
  // Times are compared, as the system's notices of changes lose a file that an editor replaces by another.
  const watching = (async () => {
    let before = timesOf(folders);
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      const now = timesOf(folders);
      const changed = [...new Set([...before.keys(), ...now.keys()])].find(
        (file) => before.get(file) !== now.get(file),
      );
      before = now;
      if (changed === undefined || signal.aborted) continue;
      onLine(`${changed} changed: starting again`);
      await startAgain();
    }
  })();
  void follow(child);
  return {
    name,
    ended: ended.promise,
    async stop(graceMs) {
      stopping.abort();
      await watching;
      await child.stop(graceMs);
      ended.resolve('was stopped');
    },
  };
}

/** When each source file was last written, epoch ms, by its path within its folder. */
function timesOf(folders: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    folders.flatMap((folder) =>
      globSync('**/*.{ts,js,json,wasm,sql}', { cwd: folder }).map((file) => [
        file,
        statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
      ]),
    ),
  );
}
