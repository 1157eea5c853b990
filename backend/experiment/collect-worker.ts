import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '@libsql/client';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { drizzle } from 'drizzle-orm/libsql';
import { serial } from '../rollout/serial.ts';
import { bound, type Write } from '../store/bound.ts';
import type { Database } from '../store/open.ts';
import type { Filters } from '../training-data/settings.ts';
import { collect, type Collected, type CollectOptions } from './collect-statistics.ts';
import { keepUnits } from './keep-units.ts';
import type { Experiment } from './new-experiment.ts';

/** The driver is synchronous: seconds of counting would keep everybody else waiting. */
const client = createClient({ ...(workerData as Database), concurrency: 1, timeout: 5000 });
const db = drizzle(client);
const inTurn = serial();

const exposed = {
  collect: (experiment: Experiment, options: CollectOptions): Promise<Collected> =>
    inTurn(() => collect({ db }, experiment, options)),

  keep: (experiment: Experiment, filters: Filters, write: Write): Promise<number> =>
    inTurn(() => keepUnits({ db, write: bound(write) }, experiment, filters)),
};

export type CollectWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
