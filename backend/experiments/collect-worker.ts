import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { drizzle } from 'drizzle-orm/libsql';
import { bound, type Write } from '../store/bound.ts';
import { serial } from '../process/serial.ts';
import { connect } from '../store/connect.ts';
import type { Database } from '../store/open.ts';
import { collect, type Collected, type CollectOptions } from './collect-statistics.ts';
import type { Experiment } from './new-experiment.ts';
import { storeUnits } from './store-units.ts';

/** The driver is synchronous: seconds of counting would keep everybody else waiting. */
const db = drizzle(connect(workerData as Database));
const inTurn = serial();

const exposed = {
  collect: (experiment: Experiment, options: CollectOptions): Promise<Collected> =>
    inTurn(() => collect({ db }, experiment, options)),

  store: (experiment: Experiment, write: Write): Promise<number> =>
    inTurn(() => storeUnits({ db, write: bound(write) }, experiment)),
};

export type CollectWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
