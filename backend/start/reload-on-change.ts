import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';

/** What the backend is made of; wrangler watches the Worker's files itself. */
export const BACKEND_SOURCES = ['../../backend', '../../shared'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);
/** An editor writes several files at once, and a checkout hundreds. */
const QUIET_MS = 200;
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
  let isStopped = false;
  let reload: NodeJS.Timeout | undefined;
  let reloading: Promise<void> = Promise.resolve();
  const ended = Promise.withResolvers<string>();
  const follow = async (followed: Child) => {
    const how = await followed.ended;
    if (followed === child && !isStopped) onLine(`${how}: waiting for a change`);
  };
  const startAgain = async () => {
    const old = child;
    await old.stop(STOP_GRACE_MS);
    if (isStopped) return;
    child = start();
    void follow(child);
  };
  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true }, (_, file) => {
      if (file === null || !/\.(ts|js|json|wasm|sql)$/.test(file)) return;
      clearTimeout(reload);
      reload = setTimeout(() => {
        onLine(`${file} changed: starting again`);
        reloading = reloading.then(startAgain);
      }, QUIET_MS);
    }),
  );
  void follow(child);
  return {
    name,
    ended: ended.promise,
    async stop(graceMs) {
      isStopped = true;
      clearTimeout(reload);
      for (const watcher of watchers) watcher.close();
      await reloading;
      await child.stop(graceMs);
      ended.resolve('was stopped');
    },
  };
}
