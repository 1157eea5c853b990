import { parentPort } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { expose } from './transfer-errors.ts';

/** The last line of a worker's module: from then on its thread answers the calls of `startThread`. */
export const serve = (exposed: object): void => expose(exposed, nodeEndpoint(parentPort!));
