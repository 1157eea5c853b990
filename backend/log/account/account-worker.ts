import { serial } from '../../process/serial.ts';
import { serve } from '../../process/serve.ts';
import { writeThrough, type RemoteWrite } from '../../store/remote-write.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import type { Rules } from './rules.ts';
import { updateAccount } from './update-account.ts';

const db = workerDatabase();
const inTurn = serial();

const exposed = {
  update: (rules: Rules, nowMs: number, write: RemoteWrite): Promise<void> =>
    inTurn(() => updateAccount({ db, write: writeThrough(write) }, rules, nowMs)),
};

export type AccountWorker = typeof exposed;
serve(exposed);
