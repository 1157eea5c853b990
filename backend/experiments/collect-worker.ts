import { serve } from '../process/serve.ts';
import { writeThrough, type RemoteWrite } from '../store/remote-write.ts';
import { serial } from '../process/serial.ts';
import { workerDatabase } from '../store/worker-database.ts';
import { collect, type Collected, type CollectOptions } from './collect-statistics.ts';
import type { Experiment } from './new-experiment.ts';
import { storeUnits } from './store-units.ts';

const db = workerDatabase();
const inTurn = serial();

const exposed = {
  collect: (experiment: Experiment, options: CollectOptions): Promise<Collected> =>
    inTurn(() => collect({ db }, experiment, options)),

  store: (experiment: Experiment, write: RemoteWrite): Promise<number> =>
    inTurn(() => storeUnits({ db, write: writeThrough(write) }, experiment)),
};

export type CollectWorker = typeof exposed;
serve(exposed);
