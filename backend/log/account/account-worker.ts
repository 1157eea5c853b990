import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { drizzle } from 'drizzle-orm/libsql';
import { serial } from '../../process/serial.ts';
import { bound, type Write } from '../../store/bound.ts';
import { connect } from '../../store/connect.ts';
import type { Database } from '../../store/open.ts';
import type { Rules } from './rules.ts';
import { updateAccount } from './update-account.ts';

/** The driver is synchronous: a day's log that is judged would keep everybody else waiting. */
const db = drizzle(connect(workerData as Database));
const inTurn = serial();

const exposed = {
  update: (rules: Rules, nowMs: number, write: Write): Promise<void> =>
    inTurn(() => updateAccount({ db, write: bound(write) }, rules, nowMs)),
};

export type AccountWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
