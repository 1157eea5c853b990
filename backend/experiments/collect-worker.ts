import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { drizzle } from 'drizzle-orm/libsql';
import { writeThrough, type RemoteWrite } from '../store/remote-write.ts';
import { serial } from '../process/serial.ts';
import { connect, type Database } from '../store/connect.ts';
import type { Filters } from '../log/account/settings.ts';
import { collect, type Collected, type CollectOptions } from './collect-statistics.ts';
import { keepUnits } from './keep-units.ts';
import type { Experiment } from './new-experiment.ts';

/** The driver is synchronous: seconds of counting would keep everybody else waiting. */
const db = drizzle(connect(workerData as Database));
const inTurn = serial();

const exposed = {
  collect: (experiment: Experiment, options: CollectOptions): Promise<Collected> =>
    inTurn(() => collect({ db }, experiment, options)),

  keep: (experiment: Experiment, filters: Filters, write: RemoteWrite): Promise<number> =>
    inTurn(() => keepUnits({ db, write: writeThrough(write) }, experiment, filters)),
};

export type CollectWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
