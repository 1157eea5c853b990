import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { clicksByDay } from '../../backend/experiments/clicks.ts';
import {
  cameOf,
  countedRankings,
  schemaList,
  searchOf,
} from '../../backend/log/account/counted.ts';
import { CLASSIFIED } from '../../backend/log/account/mark.ts';
import { ingest } from '../../backend/log/ingest/ingest.ts';
import { openStore } from '../../backend/store/open.ts';
import { decisionOf } from '../backend/support/decisions.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const RANKINGS = 150_000;
const TIMES = 5;
const DAY = Date.UTC(2026, 0, 1);
const SPAN = { from: DAY, to: DAY + 86_400_000 };
/** Of ten rankings of a session. */
const FURTHER = [0, 3];
const BY_IDS = 'searches, count(distinct)';

/** What click-through of one day and version costs, beside counting rankings and beside telling searches apart by their ids. */
export async function benchClicks(say: Say): Promise<Part> {
  const rows: BenchRow[] = [];
  for (const further of FURTHER) {
    say(`clicks: ${further} of 10 rankings are further pages`);
    const times = await measure(further);
    const nameOf = (way: string) => `${10 * further} % further pages: ${way}`;
    for (const [way, value] of Object.entries(times))
      rows.push({
        name: nameOf(way),
        value,
        unit: 'ms',
        ...(way !== BY_IDS && { ratio: value / times[BY_IDS], against: nameOf(BY_IDS) }),
      });
  }
  return {
    rows,
    notes: [
      `processor time of the process, median of ${TIMES}, the ways in turn; ${RANKINGS} rankings of one day and version, ids in no order, a quarter of them clicked`,
    ],
  };
}

async function measure(further: number): Promise<Record<string, number>> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const store = await openStore({ url: pathToFileURL(join(dir, 'store.db')).href });
  const { db } = store;
  try {
    await ingest(
      store,
      { batchId: 'seed', decisions: [decisionOf('seed', { at: DAY })], events: [] },
      DAY,
    );
    await fill(store, further);
    const hashes = await schemaList(db);
    const clicked = cameOf('click', sql`d`);
    const read = (rankings: ReturnType<typeof sql>, clicks: ReturnType<typeof sql>) =>
      db.all(sql`
        select d.weights, date(d.at / 1000, 'unixepoch') as day, ${rankings}, ${clicks} from ${countedRankings} d
        where d.schemaHash in (${hashes}) and d.at >= ${SPAN.from} and d.at < ${SPAN.to} and not d.siteOrder group by 1, 2`);
    const id = searchOf(sql`d`);
    const ways = {
      'rankings, count(*)': () => read(sql`count(*)`, sql`sum(${clicked})`),
      [BY_IDS]: () =>
        read(sql`count(distinct ${id})`, sql`count(distinct case when ${clicked} then ${id} end)`),
      'GET /v1/clicks': () => clicksByDay(store, SPAN),
    };
    const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
    for (let time = 0; time < TIMES; time++)
      for (const [name, way] of Object.entries(ways)) {
        const before = process.cpuUsage();
        await way();
        const { user, system } = process.cpuUsage(before);
        times.get(name)!.push((user + system) / 1000);
      }
    return Object.fromEntries(
      [...times].map(([name, all]) => [name, all.toSorted((a, b) => a - b)[(TIMES - 1) / 2]]),
    );
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Copies the one decision that is there. */
async function fill(store: Awaited<ReturnType<typeof openStore>>, further: number): Promise<void> {
  const columns = await store.db.all<{ name: string }>(
    sql`select name from pragma_table_info('decisions')`,
  );
  const idOf = (n: string) => `printf('ranking-%08x', (${n} * 2654435761) % 4294967291)`;
  const isFurther = `i > 10 and i % 10 < ${further}`;
  const changed: Readonly<Record<string, string>> = {
    rankingId: idOf('i'),
    at: 'at + i * 500',
    sessionId: `'session-' || (i / 10)`,
    codes: 'zeroblob(600)',
    firstPage: `case when ${isFurther} then ${idOf('(i - i % 10 - 1)')} end`,
    pageOffset: `case when ${isFurther} then 20 end`,
  };
  const quoted = columns.map(({ name }) => `"${name}"`);
  const cells = columns.map(({ name }, i) => changed[name] ?? quoted[i]);
  const statements = [
    `insert into decisions (${quoted.join(', ')})
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${RANKINGS})
      select ${cells.join(', ')} from n, decisions where rankingId = 'seed'`,
    `insert into events (rankingId, eventId, type, itemId, timestamp, receivedAt, sessionId, weights, fault)
      select rankingId, 'e', 'click', 'lisbon', at + 1000, at + 1000, sessionId, weights, '' from decisions
      where rowid % 4 = 0`,
    `insert into log_marks (name, value) values ('${CLASSIFIED}', '{"decisions":{"rowid":1000000000}}')`,
  ];
  await store.write(statements.map((text) => ({ toSQL: () => ({ sql: text, params: [] }) })));
}
