import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import type { Client } from '@libsql/client';
import type { Statement } from '../../../backend/store/open.ts';
import { RULES } from '../platform/backend.ts';
import type { DatabaseTemplate } from '../platform/database.ts';
import type { System } from '../system.ts';
import type { World } from '../world.ts';

/** What the account says of the days that are open, as text; without those of whom something was erased. */
const TOTALS = `
  select 'session ' || s.sessionId || ' ' || s.day as name,
    json_array(s.firstAt, s.clickedItems, s.dwells, s.fault) as value
  from session_days s where s.day >= ?1 and s.sessionId not in (select sessionId from deleted_sessions)
  union all
  select 'user ' || u.userId || ' ' || u.sessionId || ' ' || u.day, json_array(u.firstAt)
  from user_days u where u.day >= ?1 and u.sessionId not in (select sessionId from deleted_sessions)
  union all
  select 'event ' || e.rankingId || ' ' || e.eventId, e.fault
  from events e join decisions d on d.rankingId = e.rankingId
  where d.at >= ?1 and e.sessionId not in (select sessionId from deleted_sessions)`;

/**
 * The account that grew while the log came in, batch by batch, says what an account says that is given the same rows all at once and in
 * another order: for days that are open, how it arrived makes no difference.
 */
export async function checkAccount(
  { simulation, database }: World,
  system: System,
  template: DatabaseTemplate,
): Promise<void> {
  const path = join(template.folder, `again-${simulation.seed}.db`);
  copyFileSync(template.path, path);
  const client = system.connect({ url: pathToFileURL(path).href });
  const writer = system.localWriter(path);
  try {
    await writer.open();
    await client.executeMultiple(`
      attach '${database.path}' as world;
      insert into decisions select * from world.decisions order by rankingId;
      insert into events select * from world.events order by eventId desc, rankingId;
      insert into exposures select * from world.exposures;
      insert into deleted_users select * from world.deleted_users;
      insert into deleted_sessions select * from world.deleted_sessions;
      insert into batches select * from world.batches;
      update events set fault = null;
      detach world;`);
    const write = async (statements: readonly Statement[]) => {
      const [written] = await writer.write([statements.map(system.bindLocally)]);
      if ('why' in written) throw new Error(written.why);
      return written.counts;
    };
    const closedBefore = await closedBeforeOf(database.client);
    const nowMs = simulation.nowMs;
    await system.updateAccount({ db: drizzle(client), write }, RULES, nowMs);
    const [grown, again] = [
      await totalsOf(database.client, closedBefore),
      await totalsOf(client, Math.max(closedBefore, await closedBeforeOf(client))),
    ];
    for (const [name, value] of again)
      if (grown.get(name) !== value)
        simulation.violate(
          'the account does not depend on the order of arrival',
          `${name}: ${String(grown.get(name))} as it came in, ${String(value)} all at once`,
        );
  } finally {
    client.close();
    await writer.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  }
}

async function closedBeforeOf(client: Client): Promise<number> {
  const { rows } = await client.execute(
    `select value ->> '$.closedBefore' as day from log_marks where name = 'account: judged'`,
  );
  return Number(rows[0]?.day ?? 0);
}

async function totalsOf(client: Client, from: number): Promise<Map<string, unknown>> {
  const { rows } = await client.execute({ sql: TOTALS, args: [from] });
  return new Map(rows.map(({ name, value }) => [name as string, value]));
}
