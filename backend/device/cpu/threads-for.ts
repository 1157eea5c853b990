import { availableParallelism } from 'node:os';

/** Below this, starting threads costs more than they save. */
const CELLS_PER_THREAD = 2_000_000;

/** How many threads are worth starting. @param cells number of codes, that is rows × features. */
export const threadsFor = (cells: number): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(cells / CELLS_PER_THREAD)));
