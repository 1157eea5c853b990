import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { CLASSIFIED, readMark } from '../../../../backend/log/account/mark.ts';
import { ingest } from '../../../../backend/log/ingest/ingest.ts';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { rewriteAfterDeletions } from '../../../../backend/log/retention/rewrite-file.ts';
import { openStore } from '../../../../backend/store/open.ts';
import { parseSessionId, parseUserId } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { bringUpToDate } from '../support/bring-up-to-date.ts';
import { happened, NOON, rankingOf } from '../support/log.ts';

const USERS = 25;
const userOf = (n: number) => parseUserId(`user-${String(n).padStart(20, '0')}`);
const sessionOf = (n: number) => parseSessionId(`visit-${String(n).padStart(20, '0')}`);

test('after deletions the file is rewritten once: no copy of a row is left in it, and the account goes on', async () => {
  const path = join(temporaryFolder(), 'trimtab.db');
  const store = await openStore({ url: pathToFileURL(path).href });
  const random = seededRandom(20_261_128);
  const below = (n: number) => Math.floor(random() * n);
  for (let batch = 0; batch < 20; batch++) {
    const decisions = Array.from({ length: 3 * USERS }, (_, n) => {
      // Each session of each user once while they are logged in, and then at random.
      const user = batch === 0 ? Math.floor(n / 3) : below(USERS);
      return rankingOf(`r-${below(1e9)}-${batch}-${n}`, NOON + batch * 1000 + n, {
        sessionId: sessionOf(user * 3 + (batch === 0 ? n % 3 : below(3))),
        ...((batch === 0 || below(3) > 0) && { userId: userOf(user) }),
        request: JSON.stringify({ filler: 'x'.repeat(below(1500)) }),
      });
    });
    const events = decisions.map((one) => happened(one, 'click'));
    await ingest(store, { batchId: `b-${batch}`, decisions, events }, NOON);
  }
  await bringUpToDate(store);
  // All but the last, so that rows go from between others, which are moved.
  for (let n = 0; n < USERS - 1; n++) await deleteUser(store, userOf(n), 'test', NOON);
  await bringUpToDate(store);
  const before = await readMark(store.db, CLASSIFIED);
  const rows = () =>
    store.db.all(sql`select rowid as id, rankingId from decisions order by rankingId`);
  const stored = await rows();
  expect(stored.length).toBeGreaterThan(0);
  await leaveCopies(path);
  const copies = () => occurrences(readFileSync(path), userOf(0)) - 2;
  await store.emptyLog();
  expect(copies()).toBeGreaterThan(0);
  await rewriteAfterDeletions(store, NOON);
  const written = readFileSync(path);
  expect(readFileSync(`${path}-wal`).includes('user-')).toBe(false);
  for (let n = 0; n < USERS - 1; n++) {
    expect(occurrences(written, userOf(n))).toBe(2);
    for (let i = 0; i < 3; i++) expect(occurrences(written, sessionOf(3 * n + i))).toBe(2);
  }
  // The account's marks are row ids, which a rewritten table may give anew: then it would count everything again.
  expect(await rows()).toEqual(stored);
  await bringUpToDate(store);
  expect(await readMark(store.db, CLASSIFIED)).toEqual(before);
  // Nothing was deleted since: the file stays as it is, but for the mark that it was rewritten.
  let rewritten = 0;
  const counting = {
    ...store,
    compact() {
      rewritten++;
      return store.compact();
    },
  };
  await rewriteAfterDeletions(counting, NOON);
  expect(rewritten).toBe(0);
  await deleteUser(store, userOf(USERS - 1), 'test', NOON);
  await rewriteAfterDeletions(counting, NOON);
  expect(rewritten).toBe(1);
  await store.close();
}, 60_000);

/** SQLite leaves some copies where it moves rows. Where, depends on every byte of the file, so that here they are planted in free pages. */
async function leaveCopies(path: string): Promise<void> {
  const client = createClient({ url: pathToFileURL(path).href, concurrency: 1, timeout: 5000 });
  await client.execute('PRAGMA secure_delete = OFF');
  await client.execute('create table copies (id text)');
  for (let n = 0; n < USERS - 1; n++)
    await client.execute({ sql: 'insert into copies values (?)', args: [userOf(n)] });
  await client.execute('drop table copies');
  client.close();
}

/** A tombstone is a row and its entry in the index of its key. */
function occurrences(bytes: Buffer, text: string): number {
  let count = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) count++;
  return count;
}
