import { getHeapSpaceStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

const LIVING = 200_000;

expose(
  {
    /** Makes so many objects, of which some live on for a while: then V8 reserves as much for new ones as it may. */
    garbage(count) {
      const living = [];
      for (let i = 0; i < count; i++) living[i % LIVING] = { text: `object ${i}` };
      return living.length;
    },
    /** What is reserved for new objects, in bytes. */
    young: () =>
      getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size,
  },
  nodeEndpoint(parentPort),
);
