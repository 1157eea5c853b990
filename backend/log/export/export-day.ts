import { ApiError } from '../../../shared/domain/errors.ts';
import { startThread } from '../../process/thread.ts';
import type { ExportJob, ExportWorker } from './export-worker.ts';

/** Each holds a thread, with its memory, for as long as its reader takes. */
const MOST_AT_ONCE = 4;
let running = 0;

/**
 * A day's rows as bytes, a piece at a time: the next one is made when it is asked for. It counts as one that runs from now on, and until
 * it is read to its end or given up.
 * @throws ApiError 503 `busy` while as many run as may at once.
 */
export function exportDay(job: ExportJob): ReadableStream<Uint8Array> {
  if (running >= MOST_AT_ONCE)
    throw new ApiError(503, 'busy', `${running} days are exported already: try again later`);
  running++;
  const thread = startThread<ExportWorker>(new URL('./export-worker.ts', import.meta.url), job);
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    running--;
    await thread.stop();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await thread.call((worker) => worker.next());
          if (piece !== undefined) {
            controller.enqueue(piece);
            return;
          }
        } catch (error) {
          await end();
          throw error;
        }
        await end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
