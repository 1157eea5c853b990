// Builds one day's partition again and again, until it is killed. argv: database url, folder, day.
import { createClient } from '@libsql/client';
import { drizzle } from 'drizzle-orm/libsql';
import { buildPartition } from '../../../../backend/log/partitions/build-partition.ts';
import { openObjectStore } from '../../../../backend/log/partitions/object-store.ts';
import { NO_FILTERS } from '../../../../backend/log/account/settings.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';

const [url, path, day] = process.argv.slice(2);
const db = drizzle(createClient({ url }));
const objects = openObjectStore({ kind: 'folder', path });
for (let build = 0; ; build++) {
  // Another labelling each time, or nothing would be built anew.
  const labelling = { attributionDays: 7 + (build % 2), filters: NO_FILTERS };
  await buildPartition({ db, objects, labelling, nowMs: Date.now }, smarttrip, day);
  process.stdout.write('built\n');
}
