import type { ObjectStore } from '../../../backend/log/partitions/object-store.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulation.ts';

/** A bucket: each put takes effect as a whole, at one moment between its request and its answer. */
export class Bucket {
  failsToWrite = 0;
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  storeOf(process: Process): ObjectStore {
    const { objects } = this;
    const simulation = this.#simulation;
    const takes = async (operation: string) => {
      simulation.count(operation);
      await process.sleep(simulation.random.between(1, 40));
    };
    return {
      put: async (key, bytes) => {
        await takes('object put');
        if (simulation.strikes('object put failed', this.failsToWrite))
          throw new Error('503 Slow Down');
        objects.set(key, bytes.slice());
        await process.sleep(simulation.random.between(1, 40));
      },
      get: async (key) => {
        await takes('object get');
        return objects.get(key)?.slice();
      },
      delete: async (key) => {
        await takes('object delete');
        objects.delete(key);
      },
      list: async (prefix) => {
        await takes('object list');
        return [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
      },
    };
  }
}
