import { afterEach, beforeEach, expect, test } from 'vitest';
import { setMark } from '../../../../backend/log/account/mark.ts';
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

test('a version that comes back goes on from its own looks', async () => {
  const back = { arm: 'coming back', version: versionOf(1) };
  const between = { ...back, version: versionOf(2) };
  await storeLooks(log.store, back, 7);
  await storeLooks(log.store, between, 3);
  expect(await looksSoFar(log.store, back)).toBe(7);
  await storeLooks(log.store, back, 8);
  expect(await looksSoFar(log.store, back)).toBe(8);
  expect(await looksSoFar(log.store, between)).toBe(3);
});

test('of an arm the fifty versions are remembered that were asked about last', async () => {
  const arm = 'of many versions';
  for (let n = 1; n <= 51; n++) {
    await storeLooks(log.store, { arm, version: versionOf(n) }, n);
    if (n === 50) await storeLooks(log.store, { arm, version: versionOf(1) }, 2);
  }
  const looks = (n: number) => looksSoFar(log.store, { arm, version: versionOf(n) });
  expect([await looks(1), await looks(2), await looks(3), await looks(51)]).toEqual([2, 0, 3, 51]);
});

test('what was stored when one version was remembered still counts', async () => {
  const before = { arm: 'before', version: versionOf(4) };
  await log.store.write([
    setMark(log.store.db, 'online learning: before', { version: before.version, looks: 5 }),
  ]);
  expect(await looksSoFar(log.store, before)).toBe(5);
  await storeLooks(log.store, { ...before, version: versionOf(5) }, 1);
  expect(await looksSoFar(log.store, before)).toBe(5);
});
