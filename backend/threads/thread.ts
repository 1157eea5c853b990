import { Worker } from 'node:worker_threads';
import { wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

/** A worker thread whose calls cannot hang: a call still open when the thread ends rejects. */
export interface Thread<T> {
  call<R>(use: (remote: Remote<T>) => Promise<R>): Promise<R>;
  stop(): Promise<void>;
}

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
  return {
    call: (use) => Promise.race([use(remote), ended]),
    async stop() {
      await worker.terminate();
    },
  };
}
