import { afterEach, beforeEach, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { loggedCover } from '../../../../backend/runs/shell/logged-cover.ts';
import { packedCatalogue } from '../../../../backend/runs/shell/packed-catalogue.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../../bench/support/trips.ts';
import { DAY, openLog, rankingOf, type Log } from '../../log/support/log.ts';

const about = { version: RULES_VERSION, name: 'x' };
const scorer = additiveFromPoints(smarttrip, smarttrip.rules, about);
const opposite = additiveFromPoints(
  smarttrip,
  Object.fromEntries(
    Object.entries(smarttrip.rules).map(([name, points]) => [name, points.map((p) => -p)]),
  ),
  about,
);

let log: Log;
beforeEach(async () => {
  log = await openLog(NOW_MS);
});
afterEach(() => log.close());

test('requests of the span and the stored catalogue tell the cover; without either there is none', async () => {
  const cover = (to = NOW_MS, challenger = scorer) =>
    loggedCover(log.database, packedCatalogue(log.database, smarttrip), scorer, challenger, {
      from: NOW_MS - DAY,
      to,
    });
  expect(await cover()).toBeUndefined();
  await log.add(
    makeVisits(50, 2).map((visit, n) =>
      rankingOf(`r${n}`, NOW_MS - 1000 + n, { request: JSON.stringify(visit), limit: 5 }),
    ),
  );
  await log.update();
  expect(await cover()).toBeUndefined();
  await upsertItems(log.store, smarttrip, makeTrips(500, 1), NOW_MS);
  expect(await cover()).toEqual({ share: 1, requests: 50, k: 5 });
  expect(await cover(NOW_MS - 981)).toEqual({ share: 1, requests: 20, k: 5 });
  expect((await cover(NOW_MS, opposite))!.share).toBeLessThan(0.5);
});
