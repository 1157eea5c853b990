import { describe, expect, it } from 'vitest';
import type { ExplorationSpec } from '../../../shared/domain/exploration.ts';
import { RULES_VERSION, type ItemId } from '../../../shared/domain/ids.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { codesOf, encodeRequest } from '../../../shared/features/encode.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { unlearned } from '../../../shared/score/posterior.ts';
import { RAISED_SHARE } from '../../../shared/score/raise.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, scoreCodes, toPoints } from '../../../shared/score/scorer.ts';
import { median } from '../../bench/support/quantile.ts';
import { NOW_MS } from '../../bench/support/trips.ts';
import { tripsInFull, visitsInFull } from '../../world/trip-visitors.ts';

const LIMIT = 10;
/** Within so many rankings a new item of median merit is shown (docs/adr/0026-exploring-what-is-not-known.md). */
const SHOWN_WITHIN = 1000;

const { exploration } = smarttrip;
const { optimism: _, ...byTemperature } = exploration;
const rules = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
  posterior: unlearned(smarttrip, exploration),
});

const trips = tripsInFull(2000, 3);
/** The first trip to a continent. */
const NEW = {
  id: 'new-trip' as ItemId,
  attributes: {
    themes: ['hiking'],
    difficulty: 3,
    durationDays: 14,
    price: 3000,
    status: 'guaranteed',
    departure: NOW_MS + 100 * 86_400_000,
    continent: 'Oceania',
    country: 'New Zealand',
    tripType: 'group',
  },
};
const withNew = rankable(
  packItems(smarttrip.columns, [
    ...trips.filter(({ attributes }) => attributes.continent !== NEW.attributes.continent),
    NEW,
  ]),
);
const visits = visitsInFull(4 * SHOWN_WITHIN, 4);
/** People who come without a wish, so that what is new is of the same merit to all. */
const wishless = visits.map((visit) => ({ ...visit, preferences: {} }));

const rank = (
  table: RankableTable,
  visit: (typeof visits)[number],
  seed: number,
  explored: ExplorationSpec,
) => rankSlate(rules, table, visit, { limit: LIMIT, seed, nowMs: NOW_MS, exploration: explored });

describe('a new deployment, whose rules know nothing of most of 31 features', () => {
  it('raises in a quarter of its rankings, but where no draw was above 0', () => {
    const table = rankable(packItems(smarttrip.columns, trips));
    const raised = visits
      .slice(0, 1000)
      .map((visit, seed) => rank(table, visit, seed, exploration).raises)
      .filter((raises) => raises !== undefined);
    const share = raised.length / 1000;
    expect(share).toBeGreaterThan(0.75 * RAISED_SHARE);
    // Four standard errors.
    expect(share).toBeLessThan(RAISED_SHARE + 0.055);
    const raisesSome = raised.filter((raises) => raises.some((units) => units > 0));
    expect(raisesSome.length / raised.length).toBeGreaterThan(0.75);
  });

  it(`shows a new item of median merit within ${SHOWN_WITHIN} rankings, and by temperature alone never`, () => {
    const { table, rows } = withNew;
    const codes = codesOf(
      encodeRequest(smarttrip, table, rows, wishless[0], NOW_MS),
      Array.from(table.ids, (__, row) => row),
    );
    const merits = Array.from(table.ids, (__, row) =>
      toPoints(scoreCodes(rules, codes, row * smarttrip.features.length)),
    );
    expect(merits[rows.get(NEW.id)!]).toBe(median(merits));

    const showsNew = (explored: ExplorationSpec) =>
      wishless.map((visit, seed) => rank(withNew, visit, seed, explored).ids.includes(NEW.id));
    const shown = showsNew(exploration);
    // In each of four spans, whenever one begins.
    for (let from = 0; from < shown.length; from += SHOWN_WITHIN)
      expect(shown.slice(from, from + SHOWN_WITHIN)).toContain(true);
    expect(showsNew(byTemperature)).not.toContain(true);
  });
});
