import { startThread } from '../../process/thread.ts';
import type { ExportJob, ExportWorker } from './export-worker.ts';

/** A day's rows as bytes, a piece at a time: the next one is made when it is asked for. */
export async function* exportDay(job: ExportJob): AsyncGenerator<Uint8Array> {
  const thread = startThread<ExportWorker>(new URL('./export-worker.ts', import.meta.url), job);
  try {
    for (;;) {
      const piece = await thread.call((worker) => worker.next());
      if (piece === undefined) return;
      if (piece.length > 0) yield piece;
    }
  } finally {
    await thread.stop();
  }
}
