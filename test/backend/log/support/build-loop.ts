// Builds one day's partition again and again, until it is killed. argv: database url, folder, day.
import { createClient } from '@libsql/client';
import { drizzle } from 'drizzle-orm/libsql';
import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { writeThrough } from '../../../../backend/store/remote-write.ts';
import { buildPartition } from '../../../../backend/log/partitions/build-partition.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';

const [url, path, day] = process.argv.slice(2);
const client = createClient({ url, timeout: 5000 });
const db = drizzle(client);
const write = writeThrough(async (statements) => {
  const results = await client.batch(statements, 'write');
  return results.map(({ rowsAffected }) => rowsAffected);
});
const objects = openObjectStore({ kind: 'folder', path });
for (let build = 0; ; build++) {
  // By other rules each time, or nothing would be built anew.
  const accountRules = { attributionDays: 7 + (build % 2), filters: NO_FILTERS };
  await updateAccount({ db, write }, accountRules, Date.now());
  await buildPartition(
    { db, objects, accountRules, nowMs: Date.now, maxLagMs: 60_000 },
    smarttrip,
    day,
  );
  process.stdout.write('built\n');
}
