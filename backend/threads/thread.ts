import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

/** A worker thread whose calls cannot hang: a call still open when the thread ends rejects. */
export interface Thread<T> {
  call<R>(use: (remote: Remote<T>) => Promise<R>): Promise<R>;
  /** Waits for open calls, but not for long. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5000;

/** @param file URL of a module that `expose`s a `T` on its parent port. */
export function startThread<T>(file: URL, workerData?: unknown): Thread<T> {
  const worker = new Worker(file, { workerData });
  const remote = wrap<T>(nodeEndpoint(worker));
  const name = file.pathname.split('/').at(-1);
  let failure: Error | undefined;
  const ended = new Promise<never>((_, reject) => {
    worker.once('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.once('exit', (code) =>
      reject(failure ?? new Error(`thread ${name} ended with code ${code}`)),
    );
  });
  // Without a call in flight nobody listens, and an ended thread must not end the process.
  ended.catch(() => {});
  const open = new Set<Promise<unknown>>();
  return {
    async call(use) {
      const asked = Promise.race([use(remote), ended]);
      open.add(asked);
      try {
        return await asked;
      } finally {
        open.delete(asked);
      }
    },
    async stop() {
      // A thread that is ended inside of native code (libSQL's) may take the whole process along.
      await Promise.race([
        Promise.allSettled(open),
        sleep(STOP_GRACE_MS, undefined, { ref: false }),
      ]);
      await worker.terminate();
    },
  };
}
