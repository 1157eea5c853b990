import { afterEach, beforeEach, expect, test } from 'vitest';
import { ranksForNobody } from '../../../backend/apprentice/ranks-for-nobody.ts';
import { changeApprentice } from '../../../backend/models/apprentice-settings.ts';
import type { ApprenticePlacement } from '../../../shared/domain/apprentice.ts';
import { parsePlacement } from '../../../shared/domain/placement.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
});
afterEach(() => log.close());

const set = (placement: ApprenticePlacement, share: number) =>
  log.store.write(changeApprentice(log.store, { placement, share, by: 'ana', at: NOON }));
const asked = (candidates?: object[]) =>
  JSON.stringify({ preferences: {}, context: {}, recent: [], ...(candidates && { candidates }) });
const add = (name: string, count: number, changes: Partial<Decision>) =>
  log.add(Array.from({ length: count }, (_, n) => rankingOf(`${name}-${n}`, NOON + n, changes)));
const kept = { siteOrder: true, request: asked([{ id: 'a' }]) } as const;
const ranked = { request: asked(), pointerRevision: 3 };

test('a site that keeps its order everywhere and for everybody is ranked for nobody', async () => {
  expect(await ranksForNobody(log.store)).toBe(false);
  await set(parsePlacement('home'), 0);
  expect(await ranksForNobody(log.store)).toBe(false);
  await set('*', 0);
  expect(await ranksForNobody(log.store)).toBe(true);
  await add('kept', 150, kept);
  // From before the mode, with candidates: their order is kept now.
  await add('before', 150, { request: kept.request, pointerRevision: 2 });
  expect(await ranksForNobody(log.store)).toBe(true);
  await set(parsePlacement('home'), 0.1);
  expect(await ranksForNobody(log.store)).toBe(false);
});

test('visitors whose requests name no candidates are ranked for', async () => {
  await set('*', 0);
  await add('kept', 150, kept);
  await add('preview', 50, { request: asked() });
  await add('odd', 2, ranked);
  expect(await ranksForNobody(log.store)).toBe(true);
  await add('more', 10, ranked);
  expect(await ranksForNobody(log.store)).toBe(false);
});
