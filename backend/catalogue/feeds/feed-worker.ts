import type { Schema } from '../../../shared/features/schema.ts';
import { serve } from '../../process/serve.ts';
import { connect, type Database } from '../../store/connect.ts';
import { compareFeed, type FeedChanges, type FeedFile } from './compare-feed.ts';

/** Reading a large feed takes seconds, so it is not done in the thread that answers requests. */
const exposed = {
  /** @throws ApiError 400 where the feed is not to be used. */
  async compare(database: Database, schema: Schema, feed: FeedFile): Promise<FeedChanges> {
    const client = connect(database);
    try {
      return await compareFeed(client, schema, feed);
    } finally {
      client.close();
    }
  },
};

export type FeedWorker = typeof exposed;
serve(exposed);
