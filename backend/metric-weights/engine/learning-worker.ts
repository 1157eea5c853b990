import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { chooseDevice } from '../../gpu/choose-device.ts';
import { learnImportance, type ImportanceOptions } from './learn-importance.ts';
import { learnSurrogate } from './learn-surrogate.ts';
import type { UnitTable } from './unit-table.ts';

const learning = {
  async importance(table: UnitTable, options: Omit<ImportanceOptions, 'device'>) {
    const device = options.model === 'boosted' ? await chooseDevice() : undefined;
    try {
      return await learnImportance(table, { ...options, ...(device && { device }) });
    } finally {
      if (device?.kind === 'gpu') device.gpu.close();
    }
  },
  surrogate: learnSurrogate,
};

export type Learning = typeof learning;

expose(learning, nodeEndpoint(parentPort!));
