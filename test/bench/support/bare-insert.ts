import { createClient, type InValue } from '@libsql/client';
import { DECISION_COLUMNS, decisionRow } from '../../../backend/log/ingest/decision-rows.ts';
import { EVENT_COLUMNS, eventRow } from '../../../backend/log/ingest/event-rows.ts';
import { openStore } from '../../../backend/store/open.ts';
import type { SealedBatch } from './batches.ts';
import { spentOn, type Spent } from './spent.ts';

const ROWS_PER_STATEMENT = 500;

/**
 * The same rows, ready-made, into the same tables with the same durability: multi-row VALUES through one plain
 * client, one transaction per batch, and nothing else.
 */
export async function bareInsert(
  url: string,
  batches: readonly SealedBatch[],
  warm: number,
): Promise<Spent> {
  await (await openStore({ url })).close();
  const client = createClient({ url, concurrency: 1 });
  await client.execute('PRAGMA synchronous = FULL');
  const transactions = batches.map(({ batch }) => [
    ...inserts('decisions', DECISION_COLUMNS, batch.decisions.map(decisionRow)),
    ...inserts('events', EVENT_COLUMNS, batch.events.map(eventRow)),
  ]);
  for (const statements of transactions.slice(0, warm)) await client.batch(statements, 'write');
  const spent = await spentOn(async () => {
    for (const statements of transactions.slice(warm)) await client.batch(statements, 'write');
  });
  client.close();
  return spent;
}

function inserts(table: string, columns: readonly string[], rows: readonly InValue[][]) {
  const names = columns.map((name) => `"${name}"`).join(', ');
  const tuple = `(${columns.map(() => '?').join(', ')})`;
  return Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, i) => {
    const chunk = rows.slice(i * ROWS_PER_STATEMENT, (i + 1) * ROWS_PER_STATEMENT);
    const tuples = chunk.map(() => tuple).join(', ');
    return { sql: `insert into "${table}" (${names}) values ${tuples}`, args: chunk.flat() };
  });
}
