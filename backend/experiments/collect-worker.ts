import { serve } from '../process/serve.ts';
import { writeThrough, type RemoteWrite } from '../store/remote-write.ts';
import { serial } from '../process/serial.ts';
import { workerDatabase } from '../store/worker-database.ts';
import type { Filters } from '../log/account/settings.ts';
import { collect, type Collected, type CollectOptions } from './collect-statistics.ts';
import { keepUnits } from './keep-units.ts';
import type { Experiment } from './new-experiment.ts';

const db = workerDatabase();
const inTurn = serial();

const exposed = {
  collect: (experiment: Experiment, options: CollectOptions): Promise<Collected> =>
    inTurn(() => collect({ db }, experiment, options)),

  keep: (experiment: Experiment, filters: Filters, write: RemoteWrite): Promise<number> =>
    inTurn(() => keepUnits({ db, write: writeThrough(write) }, experiment, filters)),
};

export type CollectWorker = typeof exposed;
serve(exposed);
