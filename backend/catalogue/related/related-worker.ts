import { transfer } from 'comlink';
import type { Schema } from '../../../shared/features/schema.ts';
import { serve } from '../../process/serve.ts';
import { connect, type Database } from '../../store/connect.ts';
import { readRates } from '../read-trade.ts';
import { lastRevision, storedItems } from '../stored-items.ts';
import { buildRelated, type BuiltRelated } from './build-related.ts';

/** Comparing a large catalogue takes minutes, so it is not done in the thread that answers requests, nor in the one that packs catalogues. */
const exposed = {
  /**
   * @returns also the revision of the items, from before they were read, as a change that comes in between is made again; and the
   * processor time that it took, ms.
   */
  async build(
    database: Database,
    schema: Schema,
  ): Promise<BuiltRelated & { readonly revision: number; readonly tookMs: number }> {
    const client = connect(database);
    try {
      const begun = process.threadCpuUsage();
      const revision = await lastRevision(client);
      const items = await storedItems(client, schema, await readRates(client));
      const built = buildRelated(schema, items);
      const buffers = [built.index, ...built.shards].map(({ bytes }) => bytes.buffer);
      const { user, system } = process.threadCpuUsage(begun);
      return transfer({ ...built, revision, tookMs: (user + system) / 1000 }, buffers);
    } finally {
      client.close();
    }
  },
};

export type RelatedWorker = typeof exposed;
serve(exposed);
