import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { evaluateVersion } from './evaluate-version.ts';

const exposed = { evaluateVersion };
export type EvaluateWorker = typeof exposed;
expose(exposed, nodeEndpoint(parentPort!));
