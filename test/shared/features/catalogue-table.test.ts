import { describe, expect, it } from 'vitest';
import { catalogueTable, sortColumns } from '../../../shared/features/catalogue-table.ts';
import {
  attributesAt,
  packItems,
  type ItemTable,
} from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { RULES_VERSION, type ItemId } from '../../../shared/domain/ids.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { itemLists, schemas } from '../support/arbitrary.ts';
import { fuzz } from '../support/seed.ts';
import * as fc from 'fast-check';

const trips = makeTrips(3000, 8);
const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const rankedIn = (table: ItemTable) => {
  const competing = rankable(table);
  return makeVisits(40, 9).map((visit, seed) => {
    const { ids, units } = rankSlate(scorer, competing, visit, {
      limit: 50,
      seed,
      nowMs: NOW_MS,
      exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
    });
    return { ids, units };
  });
};

describe('the table of a catalogue', () => {
  it('has the same items as one in order of id, for any schema', () => {
    fuzz(fc.tuple(schemas, itemLists), ([schema, items]) => {
      const attributesIn = (table: ItemTable) =>
        Object.fromEntries(Array.from(table.ids, (id, row) => [id, attributesAt(table, row)]));
      expect(attributesIn(catalogueTable(schema, items))).toEqual(
        attributesIn(packItems(schema.columns, items)),
      );
    });
  });

  it('sorts by what rules weigh and filters read, few values first, then by id', () => {
    const table = catalogueTable(smarttrip, trips);
    const { ids, columns } = table;
    const order = sortColumns(smarttrip, table);
    const names = order.map((column) => columns[column].spec.name);
    // All but the last are weighed or filtered by; a place counts by its continent, and up to twice as many values as equally many.
    expect(names.slice(0, 3).toSorted()).toEqual(['difficulty', 'place', 'status']);
    expect(names.slice(3)).toEqual(['durationDays', 'themes', 'price', 'departure', 'tripType']);
    const keys = ids.map((_, row) =>
      order.map((column) => String(columns[column].codes[row]).padStart(5)).join(),
    );
    expect(keys).toEqual(keys.toSorted());
    const alike = [...trips.keys()].map((i) => ({
      id: `a${String(i).padStart(4, '0')}` as ItemId,
      attributes: { status: i % 2 === 0 ? 'open' : 'guaranteed' },
    }));
    const sorted = catalogueTable(smarttrip, alike).ids;
    const [first, second] = [sorted.slice(0, 1500), sorted.slice(1500)];
    expect(first).toEqual(first.toSorted());
    expect(second).toEqual(second.toSorted());
  });

  it.each(['constructor', 'toString', '__proto__'])('sorts where a feature is named %s', (name) => {
    const schema = parseSchema({
      name: 'odd-names',
      columns: [{ name: 'kind', type: 'category' }],
      features: [{ name, kind: 'category', column: 'kind', values: ['a', 'b'] }],
    });
    const items = ['b', 'a', 'b'].map((kind, i) => ({
      id: `t${i}` as ItemId,
      attributes: { kind },
    }));
    expect(catalogueTable(schema, items).ids).toEqual(['t1', 't0', 't2']);
  });

  it('ranks to the same scores in any order of rows, and of equal scores to the earlier row', () => {
    const sorted = catalogueTable(smarttrip, trips);
    const byScore = rankedIn(sorted);
    expect(byScore.map(({ units }) => units)).toEqual(
      rankedIn(packItems(smarttrip.columns, trips)).map(({ units }) => units),
    );
    const rowOf = new Map(sorted.ids.map((id, row) => [id, row]));
    for (const { ids, units } of byScore)
      ids.slice(1).forEach((id, i) => {
        if (units[i] === units[i + 1]) expect(rowOf.get(ids[i])!).toBeLessThan(rowOf.get(id)!);
      });
  });

  it('is read from bytes in its own order, as are those of snapshots in order of id', () => {
    for (const table of [catalogueTable(smarttrip, trips), packItems(smarttrip.columns, trips)]) {
      const read = snapshotFromBytes(snapshotToBytes(smarttrip, table)).table;
      expect([...read.ids]).toEqual(table.ids);
      expect(rankedIn(read)).toEqual(rankedIn(table));
    }
  });
});
