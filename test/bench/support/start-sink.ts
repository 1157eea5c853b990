import { Worker } from 'node:worker_threads';
import { until } from '../../support/until.ts';

/** A stand-in of the backend that acknowledges what is shipped and counts its decisions. */
export interface Sink {
  readonly url: string;
  /** Resolves when so many decisions have arrived, all rounds together. */
  readonly allShipped: (decisions: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startSink(): Promise<Sink> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./batch-sink.ts', import.meta.url), { workerData: state });
  const port = await until('the sink listens', async () => Atomics.load(state, 0) || undefined);
  return {
    url: `http://127.0.0.1:${port}`,
    async allShipped(decisions) {
      const areAll = async () => Atomics.load(state, 1) >= decisions;
      await until(`all ${decisions} decisions are shipped`, areAll);
    },
    async stop() {
      await worker.terminate();
    },
  };
}
