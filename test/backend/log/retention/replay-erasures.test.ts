import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { deleteSession } from '../../../../backend/log/retention/delete-session.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { journalErasures, listReceipts } from '../../../../backend/log/retention/receipts.ts';
import { replayErasures } from '../../../../backend/log/retention/replay-erasures.ts';
import { allowUser, pruneTombstones } from '../../../../backend/log/retention/tombstones.ts';
import { forgetDeleted, syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { openStore, type Store } from '../../../../backend/store/open.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { wholeDays } from '../../../../shared/domain/utc-day.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { journalIn } from '../support/journal.ts';
import { DAY, NOON, openLog, rankingOf } from '../support/log.ts';

const [ANA, BEN] = ['user-ana', 'user-ben'].map(parseUserId);
const [ONE, TWO, THREE] = ['session-one', 'session-two', 'session-three'].map(parseSessionId);

/** A store in a file of its own, so that it can be copied away and put back. */
async function world() {
  const folder = temporaryFolder();
  const path = join(folder, 'trimtab.db');
  const journal = journalIn(join(folder, 'erasures'));
  let store = await openStore({ url: pathToFileURL(path).href });
  let batches = 0;
  return {
    folder,
    journal,
    get store() {
      return store;
    },
    add: (...decisions: ReturnType<typeof rankingOf>[]) =>
      ingest(store, { batchId: `b-${batches++}`, decisions, events: [] }, NOON),
    async backUp(name: string) {
      await store.emptyLog();
      copyFileSync(path, join(folder, name));
    },
    async restore(name: string) {
      await store.close();
      for (const file of readdirSync(folder))
        if (file.startsWith('trimtab.db')) rmSync(join(folder, file));
      copyFileSync(join(folder, name), path);
      store = await openStore({ url: pathToFileURL(path).href });
    },
    replay: (lines: string[] = []) =>
      replayErasures({
        store,
        journal,
        since: 0,
        nowMs: () => NOON + 9 * DAY,
        log: (line) => lines.push(line),
      }),
  };
}

const of = (name: string, sessionId: typeof ONE, userId?: typeof ANA) =>
  rankingOf(name, NOON, { sessionId, ...(userId !== undefined && { userId }) });
const rankings = async ({ db }: Store) => {
  const rows = await db.all<{ id: string }>(sql`select rankingId as id from decisions order by 1`);
  return rows.map(({ id }) => id);
};

test('a database that is restored from before erasures is cleaned by the journal, in their order, and once', async () => {
  const here = await world();
  await here.add(of('a', ONE, ANA), of('a-anonymous', ONE), of('b', TWO, BEN), of('c', THREE));
  await here.backUp('before');
  await deleteUser(here.store, ANA, 'ops', NOON + 1);
  await deleteSession(here.store, THREE, 'visitor', NOON + 2);
  await journalErasures(here.store, here.journal, NOON + 3);
  await here.backUp('after');
  // Ana comes back: she is allowed again, and erased once more.
  const allowed = await allowUser(
    here.store,
    ANA,
    NOON + 20 * DAY,
    'ops',
    NOON + 9 * DAY,
    here.journal,
  );
  expect(allowed.isAllowed).toBe(true);
  const known = await listReceipts(here.store, 100);

  await here.restore('before');
  expect(await rankings(here.store)).toEqual(['a', 'a-anonymous', 'b', 'c']);
  const lines: string[] = [];
  expect(await here.replay(lines)).toBe(3);
  expect(lines).toEqual([expect.stringContaining('3 erasures')]);
  expect(await rankings(here.store)).toEqual(['b']);
  const replayed = await listReceipts(here.store, 100);
  const told = ({ id, at, kind, by }: (typeof known)[number]) => [id, at, kind, by];
  expect(replayed.map(told)).toEqual(known.map(told));
  // Numbers that partitions have passed are not given again.
  const newest = Math.max(...known.map(({ deletion }) => deletion));
  for (const { kind, deletion, replayedAt, partitionsAt } of replayed)
    if (kind !== 'allow') {
      expect(deletion).toBeGreaterThan(newest);
      expect([replayedAt, partitionsAt]).toEqual([NOON + 9 * DAY, null]);
    }
  // She may be stored, and what still comes of the session is not.
  await here.add(of('a-again', TWO, ANA), of('c-late', THREE));
  expect(await rankings(here.store)).toEqual(['a-again', 'b']);
  expect(await here.replay()).toBe(0);

  // From after them only the permission is missing.
  await here.restore('after');
  expect(await here.replay()).toBe(1);
  await here.add(of('a-again', TWO, ANA));
  expect(await rankings(here.store)).toContain('a-again');
  await here.store.close();
});

test('what a process that ended did not write into the journal is written at the next start', async () => {
  const here = await world();
  await here.add(of('a', ONE, ANA));
  await here.backUp('before');
  await deleteUser(here.store, ANA, 'ops', NOON);
  expect(readdirSync(here.folder)).not.toContain('erasures');
  expect(await here.replay()).toBe(0);
  const [{ journaledAt, searched }] = await listReceipts(here.store, 1);
  expect(journaledAt).toBe(NOON + 9 * DAY);
  expect(Object.values(searched!).every((rows) => rows === 0)).toBe(true);
  expect(Object.keys(searched!)).toContain('reports');
  await here.restore('before');
  expect(await here.replay()).toBe(1);
  expect(await rankings(here.store)).toEqual([]);
  await here.store.close();
});

test('a damaged entry is told, and those beside it are carried out', async () => {
  const here = await world();
  await here.add(of('a', ONE, ANA), of('b', TWO, BEN));
  await here.backUp('before');
  await deleteUser(here.store, ANA, 'ops', NOON);
  await deleteUser(here.store, BEN, 'ops', NOON + 1);
  await journalErasures(here.store, here.journal, NOON + 2);
  const first = readdirSync(join(here.folder, 'erasures')).find((name) => name.endsWith('.json'))!;
  writeFileSync(join(here.folder, 'erasures', first), '{"format":1');
  await here.restore('before');
  const told: string[] = [];
  const journal = journalIn(join(here.folder, 'erasures'), (line) => told.push(line));
  const found = await journal.read(new Set(), 0);
  expect(found.map(({ users }) => users)).toEqual([[BEN]]);
  expect(told).toEqual([expect.stringContaining(`cannot be read (${first}`)]);
  const { store } = here;
  const nowMs = () => NOON + 9 * DAY;
  expect(await replayErasures({ store, journal, since: 0, nowMs, log: () => {} })).toBe(1);
  expect(await rankings(store)).toEqual(['a']);
  await store.close();
});

test('a permission that never came to be does not lift an erasure that came after it', async () => {
  const here = await world();
  await here.add(of('a', ONE, ANA));
  await deleteUser(here.store, ANA, 'ops', NOON);
  // Its request failed after it stood in the journal.
  const id = '00000000-0000-4000-8000-000000000000';
  const permission = { id, at: NOON + 1, kind: 'allow' as const, by: 'ops', deletion: 1 };
  await here.journal.write({ ...permission, users: [ANA], sessions: [] });
  await deleteUser(here.store, ANA, 'ops', NOON + 2);
  expect(await here.replay()).toBe(1);
  await here.add(of('a-late', TWO, ANA));
  expect(await rankings(here.store)).toEqual([]);
  await here.store.close();
});

test('partitions that are restored from before tombstones that are gone are cleaned by the journal beside them', async () => {
  const log = await openLog(NOON + DAY);
  try {
    await log.add([of('a-anonymous', ONE), of('a', ONE, ANA), of('b', TWO, BEN)]);
    await log.update();
    const span = wholeDays({ from: NOON, to: NOON + DAY });
    const [before] = await syncPartitions(log.deps(), smarttrip, span);
    expect(before.rankings).toBe(3);
    const { objects } = log.deps();
    const kept = new Map<string, Uint8Array>();
    for (const key of await objects.list('')) kept.set(key, (await objects.get(key))!);
    await deleteUser(log.store, ANA, 'ops', NOON + DAY);
    const journal = journalIn(join(log.folder, 'erasures'));
    await journalErasures(log.store, journal, NOON + DAY);
    await forgetDeleted(log.deps());
    await pruneTombstones(log.store, NOON + 10 * DAY);
    expect(await log.store.db.all(sql`select * from deleted_sessions`)).toEqual([]);
    for (const [key, bytes] of kept) await objects.put(key, bytes);
    expect((await forgetDeleted(log.deps())).rewritten).toBe(1);
    log.nowMs = NOON + 2 * DAY;
    const [after] = await syncPartitions(log.deps(), smarttrip, span);
    expect(after.rankings).toBe(1);
  } finally {
    await log.close();
  }
});
