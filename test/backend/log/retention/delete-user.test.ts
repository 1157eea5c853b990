import { afterEach, beforeEach, expect, test } from 'vitest';
import { deleteUser } from '../../../../backend/log/retention/delete-user.ts';
import { metricUnits } from '../../../../backend/store/tables.ts';
import { parseUserId } from '../../../../shared/domain/ids.ts';
import { NOON, openLog, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

test('what a deleted user did goes from the units that wait for their long-term value', async () => {
  const unit = (name: string, kind: 'session' | 'user', userId: string | null) => ({
    unit: name,
    kind,
    userId,
    firstAt: NOON,
    values: { click: 1 },
    context: {},
    updatedAt: NOON,
  });
  await log.store.write([
    log.store.db
      .insert(metricUnits)
      .values([
        unit('ana', 'user', null),
        unit('s-1', 'session', 'ana'),
        unit('ana', 'session', null),
        unit('ben', 'user', 'ben'),
      ]),
  ]);
  await deleteUser(log.store, parseUserId('ana'), 'test', NOON);
  const left = await log.store.db.select().from(metricUnits);
  // A session may be called as the user was: it is somebody else's.
  expect(left.map(({ unit: name, kind }) => [name, kind])).toEqual([
    ['ana', 'session'],
    ['ben', 'user'],
  ]);
});
