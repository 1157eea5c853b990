import { ApiError } from '../../../shared/domain/errors.ts';
import { startThread } from '../../process/thread.ts';
import type { ExportJob, ExportWorker } from './export-worker.ts';

/** Each holds a thread, with its memory, for as long as its reader takes. */
const MOST_AT_ONCE = 4;
let running = 0;

/**
 * A day's rows as bytes, a piece at a time: the next one is made when it is asked for.
 * @throws ApiError 503 `busy` while as many are read as may be at once.
 */
export function exportDay(job: ExportJob): AsyncGenerator<Uint8Array> {
  if (running >= MOST_AT_ONCE)
    throw new ApiError(503, 'busy', `${running} days are exported already: try again later`);
  return pieces(job);
}

async function* pieces(job: ExportJob): AsyncGenerator<Uint8Array> {
  const thread = startThread<ExportWorker>(new URL('./export-worker.ts', import.meta.url), job);
  running++;
  try {
    for (;;) {
      const piece = await thread.call((worker) => worker.next());
      if (piece === undefined) return;
      if (piece.length > 0) yield piece;
    }
  } finally {
    running--;
    await thread.stop();
  }
}
