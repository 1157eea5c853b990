import { afterEach, beforeEach, expect, test } from 'vitest';
import { looksSoFar, storeLooks } from '../../../../backend/runs/online/looks.ts';
import { versionOf } from '../../../../shared/domain/ids.ts';
import { openLog, type Log } from '../../log/support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

test('looks are counted for each arm, and begin anew with the version that it gets', async () => {
  const champion = { arm: 'champion', version: versionOf(1) };
  const other = { arm: 'exp_1:bold', version: versionOf(1) };
  expect(await looksSoFar(log.store, champion)).toBe(0);
  await storeLooks(log.store, champion, 1);
  await storeLooks(log.store, champion, 2);
  await storeLooks(log.store, other, 1);
  expect(await looksSoFar(log.store, champion)).toBe(2);
  expect(await looksSoFar(log.store, other)).toBe(1);
  expect(await looksSoFar(log.store, { ...champion, version: versionOf(2) })).toBe(0);
  // The account reads its own marks, beside this one, as before.
  await log.update();
});
