import { transfer } from 'comlink';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { learnedToBytes } from '../../../shared/format/learned-bytes.ts';
import { snapshotHash } from '../../../shared/format/snapshot-bytes.ts';
import { serve } from '../../process/serve.ts';
import { learnColumns } from '../../science/evaluation/item-rates/learn-columns.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import { readShown } from '../account/read-shown.ts';
import { readLogTime } from '../log-time.ts';

export interface LearnedBytes {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly items: number;
  readonly rankings: number;
  /** How likely each slot is looked at, from the first; one entry where that could not be told. */
  readonly examination: readonly number[];
}

const LONGEST_MS = 30 * DAY_MS;
const db = workerDatabase();

const exposed = {
  /**
   * Learned columns up to the newest entry of the log, whatever this machine's clock says: what nobody adds to stays as it is.
   * Where nothing was shown, or those who were are deleted, there are no items in them.
   */
  async learn(nowMs: number, maxRankings: number): Promise<LearnedBytes> {
    const to = (await readLogTime(db, nowMs)) ?? 0;
    const shown = await readShown(db, { from: to - LONGEST_MS + 1, to }, maxRankings);
    const { columns, examination } = learnColumns(shown, to);
    const bytes = learnedToBytes(columns);
    return transfer(
      {
        hash: snapshotHash(bytes),
        bytes,
        items: columns.ids.length,
        rankings: shown.at.length,
        examination: [...examination],
      },
      [bytes.buffer],
    );
  },
};

export type LearnedWorker = typeof exposed;
serve(exposed);
