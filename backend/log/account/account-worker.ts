import { serial } from '../../process/serial.ts';
import { serve } from '../../process/serve.ts';
import { writeThrough, type RemoteWrite } from '../../store/remote-write.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import { settleOrders } from './orders/settle-orders.ts';
import type { Rules } from './rules.ts';
import { updateAccount } from './update-account.ts';

const db = workerDatabase();
const inTurn = serial();

const exposed = {
  update: (rules: Rules, nowMs: number, write: RemoteWrite): Promise<void> =>
    inTurn(() => updateAccount({ db, write: writeThrough(write) }, rules, nowMs)),
  settle: (rules: Rules, orderIds: readonly string[], write: RemoteWrite): Promise<void> =>
    inTurn(() => settleOrders({ db, write: writeThrough(write) }, rules, orderIds)),
};

export type AccountWorker = typeof exposed;
serve(exposed);
