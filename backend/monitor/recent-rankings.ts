import { inArray, type SQL } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { decisions } from '../store/tables.ts';
import { schemasWithRankings } from '../log/account/log-mark.ts';

/** Of every schema: named, so that the index of schema and moment answers for a window. */
export const ofAnySchema = async (store: Store): Promise<SQL | undefined> =>
  inArray(decisions.schemaHash, await schemasWithRankings(store.db));
