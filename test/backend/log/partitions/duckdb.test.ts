import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { SEED } from '../../../shared/support/seed.ts';
import { crowdedDays, DAY, FEATURES, happened, NOON, openLog, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

/** The documented way: the manifests say which files count, as files of earlier builds stay a while. */
const filesOf = (folder: string) =>
  `set variable files = (
     select list('${folder}/' || part.key) from (
       select unnest(parts) as part from read_json('${folder}/*/day=*/manifest.json', union_by_name = true)))`;
const ROWS = "read_parquet(getvariable('files'), hive_partitioning = true, union_by_name = true)";

test(`DuckDB reads the partitions, and its sums are the account's (seed ${SEED})`, async () => {
  const { decisions, events } = crowdedDays(4, 200, SEED);
  await log.add(decisions, events);
  await log.update(NO_FILTERS);
  const span = { from: 0, to: NOON + 1000 * DAY };
  // Twice, with more of the log in between, so that files of the first build are still there.
  await syncPartitions(log.deps(), smarttrip, span);
  await log.add([], [happened(decisions[0], 'click', { afterMs: 5 * 60_000 })]);
  await log.update(NO_FILTERS);
  const manifests = await syncPartitions(log.deps(), smarttrip, span);

  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const ask = async (query: string) => (await connection.runAndReadAll(query)).getRowObjectsJS();
    await connection.run(filesOf(join(log.folder)));
    const days = await ask(
      `select strftime(day, '%Y-%m-%d') as day, count(*)::int as "rows", count(distinct rankingId)::int as rankings,
         count(distinct case when click > 0 then rankingId end)::int as clicked
       from ${ROWS} group by 1 order by 1`,
    );
    expect(days).toEqual(
      manifests.map(({ day, rows, rankings, facts }) => ({
        day,
        rows,
        rankings,
        clicked: facts.clicked,
      })),
    );
    const [{ clicks }] = await ask(`select sum(click)::int as clicks from ${ROWS}`);
    const [counted] = await log.store.db.all<{ clicks: number }>(
      sql`select count(*) as clicks from events where type = 'click' and fault = ''`,
    );
    expect(clicks).toBe(counted.clicks);
    // A feature's code is a byte of the column.
    const [code] = await ask(
      `select max(('0x' || substr(hex(codes), ${2 * (FEATURES - 1)} + 1, 2))::int)::int as last, min(octet_length(codes))::int as bytes from ${ROWS}`,
    );
    expect(code.bytes).toBe(FEATURES);
    expect(code.last).toBe(
      Math.max(
        ...decisions.flatMap(({ codes }) =>
          [...codes].filter((_, i) => i % FEATURES === FEATURES - 1),
        ),
      ),
    );
  } finally {
    connection.closeSync();
  }
});
