import { transfer } from 'comlink';
import { serve } from '../process/serve.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { connect, type Database } from '../store/connect.ts';
import { readCatalogueSample, type CatalogueSample } from './catalogue-sample.ts';
import { refuseForeign } from './check-items.ts';
import { PackedCatalogue, type StoredSnapshot } from './packed-catalogue.ts';
import type { PatchPlan } from './patch-plan.ts';
import { readRates } from './read-trade.ts';
import { buildSnapshot } from './snapshot.ts';
import { storedItems } from './stored-items.ts';

/** By then chance moves the share of a value by 2 points, and a day takes some 30 KB. */
const SAMPLED_ITEMS = 500;

const packed = new PackedCatalogue();

/** Reading and packing a large catalogue takes seconds, so it is not done in the thread that answers requests. */
const exposed = {
  async build(database: Database, schema: Schema, plan?: PatchPlan): Promise<StoredSnapshot> {
    const client = connect(database);
    try {
      const built = await packed.build(client, schema, plan);
      return transfer(built, [built.bytes.buffer]);
    } finally {
      client.close();
    }
  },

  async sample(database: Database, schema: Schema): Promise<CatalogueSample> {
    const client = connect(database);
    try {
      const sample = await readCatalogueSample(client, schema, SAMPLED_ITEMS);
      return transfer(sample, [sample.bytes.buffer]);
    } finally {
      client.close();
    }
  },

  /** @returns how many items are stored. @throws ApiError 400 where they do not fit a schema that may become live. */
  async check(database: Database, schema: Schema): Promise<number> {
    const client = connect(database);
    try {
      const items = await storedItems(client, schema, await readRates(client));
      refuseForeign(schema, items);
      return buildSnapshot(schema, items).items;
    } finally {
      client.close();
    }
  },
};

export type SnapshotWorker = typeof exposed;
serve(exposed);
