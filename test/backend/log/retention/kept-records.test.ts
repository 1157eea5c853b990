import { afterEach, beforeEach, expect, test } from 'vitest';
import { pruneRecords } from '../../../../backend/log/retention/prune-records.ts';
import { parsePrivacy } from '../../../../backend/log/retention/settings.ts';
import { audit } from '../../../../backend/store/tables.ts';
import { DAY, NOON, openLog, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const entry = (at: number, details: Record<string, unknown>) => ({
  at,
  actor: 'anna',
  action: 'promote',
  subject: 'v000001',
  details,
});

test('the audit log is kept for ever, or for as long as it is said, but for what the history of metric weights is checked against', async () => {
  const { db } = log.store;
  const days = [1, 9, 11].map((ago) => NOON - ago * DAY);
  const prune = (settings: object) =>
    pruneRecords(log.store, 0, 0, 0, { privacy: parsePrivacy(settings), logMs: NOON });
  const left = async () =>
    (await db.select({ at: audit.at }).from(audit)).map(({ at }) => at).toSorted((a, b) => a - b);
  await log.store.write([db.delete(audit)]);
  await log.store.write([
    db.insert(audit).values(days.map((at) => entry(at, {}))),
    db.insert(audit).values([entry(NOON - 20 * DAY, { id: 1, hash: 'a'.repeat(64) })]),
  ]);
  await prune({});
  expect(await left()).toHaveLength(4);
  await prune({ auditDays: 10 });
  expect(await left()).toEqual([NOON - 20 * DAY, NOON - 9 * DAY, NOON - DAY]);
});
