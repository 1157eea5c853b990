import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

expose(
  {
    add: (a, b) => a + b,
    fill() {
      const kept = [];
      for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })));
    },
  },
  nodeEndpoint(parentPort),
);
