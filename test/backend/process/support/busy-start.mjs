import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '@libsql/client';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

// Inside of the driver for a good part of a second, before it hears anything.
const client = createClient({ url: workerData, concurrency: 1 });
for (let i = 0; i < 1000; i++)
  await client.execute(
    'with recursive r(n) as (select 1 union all select n + 1 from r where n < 1000) select count(*) from r',
  );
expose({}, nodeEndpoint(parentPort));
