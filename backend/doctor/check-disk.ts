import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { sizeOfDatabase } from '../store/copy-database.ts';
import { looked, ok, problem, warning, type Check } from './check.ts';

const MIB = 1024 * 1024;
const LEAST_BYTES = 256 * MIB;

/** Of a local database: its nightly rewriting, a backup and an upgrade each need room for it once more. */
export const checkDisk = (path: string): Promise<Check[]> =>
  looked('disk', 'the folder of the database has to be there (TRIMTAB_DIR)', async () => {
    const { bavail, bsize } = statfsSync(dirname(path));
    const free = bavail * bsize;
    const needed = sizeOfDatabase(path) + LEAST_BYTES;
    const found = `${Math.floor(free / MIB)} MiB are free beside a database of ${Math.ceil((needed - LEAST_BYTES) / MIB)} MiB`;
    const remedy =
      'make room, or shorten what is kept (docs/operating.md#what-is-kept-and-for-how-long)';
    if (free < LEAST_BYTES) return problem('disk', `${found}: soon nothing can be stored`, remedy);
    return free < needed
      ? warning('disk', `${found}: too little for a backup, an upgrade or rewriting it`, remedy)
      : ok('disk', found);
  });
