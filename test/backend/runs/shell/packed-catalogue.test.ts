import { afterEach, beforeEach, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { loggedCover } from '../../../../backend/runs/shell/logged-cover.ts';
import { withPools } from '../../../../backend/runs/shell/logged-pools.ts';
import { packedCatalogue } from '../../../../backend/runs/shell/packed-catalogue.ts';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../../bench/support/trips.ts';
import { DAY, openLog, rankingOf, type Log } from '../../log/support/log.ts';

const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'x',
});

let log: Log;
beforeEach(async () => {
  log = await openLog(NOW_MS);
});
afterEach(() => log.close());

test('a run reads and packs the catalogue once, when it first needs it, for all that it says of a version', async () => {
  await log.add(
    makeVisits(20, 2).map((visit, n) =>
      rankingOf(`r${n}`, NOW_MS - 1000 + n, { request: JSON.stringify(visit), limit: 5 }),
    ),
  );
  await log.update();
  const packed = packedCatalogue(log.database, smarttrip);
  const asked: unknown[] = [];
  const catalogue = async () => {
    const table = await packed();
    asked.push(table);
    return table;
  };
  // What is there before the first question counts, and what changes after it does not.
  await upsertItems(log.store, smarttrip, makeTrips(500, 1), NOW_MS);
  const one = {
    rankingId: 'r0',
    at: NOW_MS,
    itemIds: ['gone'],
    draw: null,
  } as unknown as LoggedSlate;
  await withPools(log.database, catalogue, [one], scorer, scorer);
  await upsertItems(log.store, smarttrip, makeTrips(600, 3), NOW_MS);
  const span = { from: NOW_MS - DAY, to: NOW_MS };
  await loggedCover(log.database, catalogue, scorer, scorer, span);
  expect(asked).toHaveLength(2);
  expect(asked[1]).toBe(asked[0]);
  expect((await packed()).rows.size).toBe(500);
});
