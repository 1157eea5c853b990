import { inArray, type SQL } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { decisions } from '../store/tables.ts';
import { schemasWithRankings } from '../log/account/log-mark.ts';

/** Rankings of every schema. The schemas are named in the query so that it can use the index by schema and time. */
export const ofEverySchema = async (store: Store): Promise<SQL | undefined> =>
  inArray(decisions.schemaHash, await schemasWithRankings(store.db));
