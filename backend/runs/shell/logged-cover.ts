import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { rankable } from '../../../shared/score/rank.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { storedItems } from '../../catalogue/stored-items.ts';
import type { Span } from '../../log/account/span.ts';
import { readLoggedRequests } from '../../log/logged-requests.ts';
import { coverOf, type Cover } from '../../science/evaluation/cover.ts';
import { connect, type Database } from '../../store/connect.ts';

/** The standard error of the share is then 0.03 at most; at 100,000 items they take a few seconds. */
const REQUESTS = 300;

/**
 * In a worker: the cover of a challenger by what the champion may show, on requests of a span and on the catalogue of now.
 * The items are read from the store and packed again, which takes a second or two of 100,000: the published snapshot would
 * have to come from the edge, which may be down.
 * @returns undefined where there are no requests, or nothing to rank.
 */
export async function loggedCover(
  database: Database,
  champion: Scorer,
  challenger: Scorer,
  span: Span,
): Promise<Cover | undefined> {
  const { schema } = champion;
  const client = connect(database);
  try {
    const requests = await readLoggedRequests(drizzle(client), schema.hash, [span], REQUESTS);
    if (requests.length === 0) return undefined;
    const items = await storedItems(client, schema);
    return coverOf(champion, challenger, rankable(packItems(schema.columns, items)), requests);
  } finally {
    client.close();
  }
}
