import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

/** A worker thread whose calls cannot hang: a call still open when the thread ends rejects. */
export interface Thread<T> {
  call<R>(use: (remote: Remote<T>) => Promise<R>): Promise<R>;
  /** Waits until it has started, and for open calls, but not for long. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5000;

/** @param file URL of a module that `expose`s a `T` on its parent port. */
export function startThread<T>(file: URL, workerData?: unknown): Thread<T> {
  const worker = new Worker(file, { workerData });
  const endpoint = nodeEndpoint(worker);
  const remote = wrap<T>(endpoint);
  /** Any thread answers what it is asked for, be it with undefined. */
  const answers = wrap<{ idle: unknown }>(endpoint);
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
      // A thread that is ended inside of libSQL's driver takes the whole process along (the driver panics): its calls end
      // first, and then it answers once more, which it can only where it is inside of nothing, its start included.
      const isIdle = Promise.allSettled(open).then(() => answers.idle);
      await Promise.race([isIdle, ended, sleep(STOP_GRACE_MS, undefined, { ref: false })]).catch(
        () => {},
      );
      await worker.terminate();
    },
  };
}
