import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

expose(
  {
    add: (a, b) => a + b,
    addSlowly: (a, b) => sleep(200, a + b),
    crash: () => process.exit(3),
  },
  nodeEndpoint(parentPort),
);
