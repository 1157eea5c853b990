import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import type { Scorer } from '../../../shared/score/scorer.ts';
import type { Span } from '../../log/account/span.ts';
import { readLoggedRequests } from '../../log/logged-requests.ts';
import type { LineageScope } from '../../models/lineage-scope.ts';
import { coverOf, type Cover } from '../../science/evaluation/cover.ts';
import { connect, type Database } from '../../store/connect.ts';
import type { PackedCatalogue } from './packed-catalogue.ts';

/** The standard error of the share is then 0.03 at most; at 100,000 items they take a few seconds. */
const REQUESTS = 300;

/**
 * In a worker: the cover of a challenger by what the champion may show, on requests of a span and on a catalogue.
 * @returns undefined where there are no requests, or nothing to rank.
 */
export async function loggedCover(
  database: Database,
  catalogue: PackedCatalogue,
  champion: Scorer,
  challenger: Scorer,
  span: Span,
  scope?: LineageScope,
): Promise<Cover | undefined> {
  const client = connect(database);
  try {
    const { hash } = champion.schema;
    const requests = await readLoggedRequests(drizzle(client), hash, [span], REQUESTS, scope);
    if (requests.length === 0) return undefined;
    return coverOf(champion, challenger, await catalogue(), requests);
  } finally {
    client.close();
  }
}
