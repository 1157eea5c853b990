import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { encodeRequest } from '../../../shared/features/encode.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../../shared/features/schema.ts';
import { compileScores } from '../../../shared/score/additive.ts';
import { blockCounts, columnBlocks } from '../../../shared/score/row-blocks.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { everyRow, hasRow } from '../../../shared/score/filter/row-bits.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { searchByKernel } from '../../../shared/score/scan-program.ts';
import { stored } from '../../../shared/score/stored-table.ts';
import { TopK } from '../../../shared/score/top-k.ts';
import { topRows } from '../../../shared/score/top-rows.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { compileScores as compileJoined } from '../../oracle/joined-scan/additive.ts';
import { eachRow, joinColumns } from '../../oracle/joined-scan/joined-columns.ts';
import { topRows as topRowsByRow } from '../../oracle/joined-scan/top-rows.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { competitions, schemas, scorersFor } from '../support/arbitrary.ts';
import { fuzz, runs, SEED } from '../support/seed.ts';

/** Few or most of the rows, in runs, so that some blocks have none of them and some have all. */
function maskOf(count: number, seed: number): Uint32Array {
  const random = seededRandom(seed);
  const share = [0.01, 0.2, 0.5, 0.95][seed % 4];
  const bits = everyRow(count);
  for (let row = 0; row < count;) {
    const run = 1 + Math.floor(random() * (seed % 3 === 0 ? 2 : 150));
    if (random() >= share)
      for (let i = row; i < Math.min(row + run, count); i++) bits[i >> 5] &= ~(1 << (i & 31));
    row += run;
  }
  return bits;
}

/** Both scans of one table under one request: rows, units and ties must be the same. */
function bothScans(
  { schema, crosses, weights }: Parameters<typeof compileJoined>[0] & { schema: typeof smarttrip },
  table: ReturnType<typeof packItems>,
  visit: Parameters<typeof encodeRequest>[3],
  nowMs: number,
  k: number,
  seed: number,
) {
  const rows = new Map([...table.ids].map((id, row) => [id, row]));
  const encoded = encodeRequest(schema, table, rows, visit, nowMs);
  const count = table.ids.length;
  const counts = blockCounts(count);
  const blocks = { counts, columns: table.columns.map((own) => columnBlocks(own, counts)) };
  const tables = compileScores({ crosses, weights }, encoded, nowMs);
  const inMemory = stored(table, blocks);
  expect(inMemory.blocks.memory).toBeDefined();
  const storedTables = compileScores(
    { crosses, weights },
    encodeRequest(schema, inMemory.table, rows, visit, nowMs),
    nowMs,
  );
  const wanted = Math.min(k, count);
  const joined = joinColumns(table);
  const all = topRowsByRow(
    compileJoined({ crosses, weights }, encoded, joined, eachRow(table), nowMs),
    count,
  );
  const masked = { ...tables, allowed: maskOf(count, seed) };
  // One that some row has, so that rows on the floor itself are found.
  const floor = all.length === 0 ? 0 : all[seed % Math.min(all.length, 2 * wanted)].units;
  return {
    byBlocks: topRows(tables, count, blocks, wanted),
    byKernel: topRows(storedTables, count, inMemory.blocks, wanted),
    inOrder: topRows(tables, count, undefined, wanted),
    oracle: all.slice(0, wanted),
    allowedByBlocks: topRows(masked, count, blocks, wanted),
    allowedByKernel: topRows(
      { ...storedTables, allowed: masked.allowed },
      count,
      inMemory.blocks,
      wanted,
    ),
    allowedInOrder: topRows(masked, count, undefined, wanted),
    allowedOracle: all.filter(({ row }) => hasRow(masked.allowed, row)).slice(0, wanted),
    aboveByBlocks: topRows(masked, count, blocks, wanted, floor),
    aboveByKernel: topRows(
      { ...storedTables, allowed: masked.allowed },
      count,
      inMemory.blocks,
      wanted,
      floor,
    ),
    aboveInOrder: topRows(tables, count, undefined, wanted, floor),
    aboveOracle: all.filter(({ units }) => units >= floor).slice(0, wanted),
    allowedAboveOracle: all
      .filter(({ row, units }) => hasRow(masked.allowed, row) && units >= floor)
      .slice(0, wanted),
  };
}

describe(`the block-max scan (seed ${SEED})`, () => {
  it('finds the rows, units and ties of the scan by joined columns, for any schema, weights, crosses and request', () => {
    const cases = schemas.chain((schema) =>
      fc.tuple(
        scorersFor(schema),
        competitions,
        fc.integer({ min: 1, max: 30 }),
        fc.nat(5),
        fc.nat(1000),
      ),
    );
    fuzz(
      cases,
      ([scorer, { items, ordered, visit, nowMs }, k, copies, seed]) => {
        // Copies make ties that lie in different blocks.
        const all = Array.from({ length: 2 ** copies }, (_, copy) =>
          items.map(({ id, attributes }) => ({
            id: (copy === 0 ? id : `${id}-${copy}`) as ItemId,
            attributes,
          })),
        ).flat();
        const table = packItems(scorer.schema.columns, all, ordered);
        const found = bothScans(scorer, table, visit, nowMs, k, seed);
        expect(found.byBlocks).toEqual(found.oracle);
        expect(found.byKernel).toEqual(found.oracle);
        expect(found.inOrder).toEqual(found.oracle);
        expect(found.allowedByBlocks).toEqual(found.allowedOracle);
        expect(found.allowedByKernel).toEqual(found.allowedOracle);
        expect(found.allowedInOrder).toEqual(found.allowedOracle);
        expect(found.aboveByBlocks).toEqual(found.allowedAboveOracle);
        expect(found.aboveByKernel).toEqual(found.allowedAboveOracle);
        expect(found.aboveInOrder).toEqual(found.aboveOracle);
      },
      600,
    );
  });

  it('does so over many blocks of several levels, sorted and not', () => {
    const schema = parseSchema({
      ...JSON.parse(JSON.stringify(smarttrip)),
      features: [
        ...smarttrip.features,
        { name: 'touched', kind: 'recent', measure: 'recency', most: 3 },
        { name: 'price-rank', kind: 'slate-ratio', column: 'price', to: 'median', edges: [0.5, 1] },
        { name: 'level-continent', kind: 'cross', of: ['price-level', 'continent'] },
        { name: 'touched-status', kind: 'cross', of: ['touched', 'status'] },
      ],
    });
    const trips = makeTrips(20_000, 5).map((trip, i) => ({
      ...trip,
      attributes: { ...trip.attributes, continent: ['Africa', 'Asia', 'Europe'][i % 3] },
    }));
    const tables = [trips, sortedTrips(trips)].map((own) => packItems(schema.columns, own));
    for (const [seed, visit] of makeVisits(runs(40), 6).entries()) {
      const recent = [1, 30, 700, 12_000, 19_999].map((i) => ({
        itemId: trips[(i * (seed + 1)) % trips.length].id,
        type: 'view',
        at: NOW_MS - 1000,
      }));
      const table = tables[seed % tables.length];
      const weights = seededWeights(schema.features.length + 1, seed);
      const crosses = [[1, 5]] as const;
      const found = bothScans(
        { schema, crosses, weights },
        table,
        { ...visit, recent },
        NOW_MS,
        1 + ((7 * seed) % 60),
        seed,
      );
      expect(found.byBlocks).toEqual(found.oracle);
      expect(found.allowedByBlocks).toEqual(found.allowedOracle);
      expect(found.allowedByKernel).toEqual(found.allowedOracle);
      expect(found.allowedInOrder).toEqual(found.allowedOracle);
      expect(found.byKernel).toEqual(found.oracle);
    }
  });
});

describe(`the kernel of the scan (seed ${SEED})`, () => {
  const trips = makeTrips(9000, 3);
  const { table, rows, blocks } = rankable(catalogueTable(smarttrip, trips));
  const compiled = makeVisits(50, SEED).map((visit, seed) =>
    compileScores(
      { crosses: [[1, 5]], weights: seededWeights(smarttrip.features.length + 1, SEED + seed) },
      encodeRequest(smarttrip, table, rows, visit, NOW_MS),
      NOW_MS,
    ),
  );

  it('finds only rows that are allowed, and those best first', () => {
    fuzz(
      fc.tuple(
        fc.nat(compiled.length - 1),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.tuple(fc.nat(8999), fc.nat(400)), { maxLength: 6 }),
      ),
      ([request, k, ranges]) => {
        const allowed = new Uint32Array(Math.ceil(9000 / 32));
        for (const [from, count] of ranges)
          for (let row = from; row < Math.min(from + count, 9000); row++)
            allowed[row >> 5] |= 1 << (row & 31);
        const isAllowed = ({ row }: { row: number }) =>
          ((allowed[row >> 5] >>> (row & 31)) & 1) === 1;
        const top = new TopK(k);
        expect(searchByKernel(compiled[request], 9000, blocks!, top, allowed)).toBe(true);
        const all = topRows(compiled[request], 9000, undefined, 9000);
        expect(top.sorted()).toEqual(all.filter(isAllowed).slice(0, k));
      },
      40,
    );
  });

  it('leaves to TypeScript what needs more room than there is, and forgets nothing of what it had', () => {
    const fresh = () => new TopK(9000);
    const wanted = topRows(compiled[0], 9000, { ...blocks!, memory: undefined }, 9000);
    const top = fresh();
    expect(searchByKernel(compiled[0], 9000, blocks!, top)).toBe(true);
    expect(top.sorted()).toEqual(wanted);
    // A cross of a million combinations, whose units alone are 4 MB.
    const [{ column, codes }] = compiled[0].columns;
    const digits = new Uint8Array(table.columns[column].values.length);
    const large = {
      ...compiled[0],
      crosses: [
        {
          parts: [{ column, codes, digits, stride: 1, size: 1 }],
          units: new Int32Array(1e6),
          high: 0,
        },
      ],
    };
    const untouched = fresh();
    expect(searchByKernel(large, 9000, blocks!, untouched)).toBe(false);
    expect(untouched.sorted()).toEqual([]);
    expect(topRows(large, 9000, blocks, 9000)).toEqual(
      topRows({ ...compiled[0], crosses: [] }, 9000, undefined, 9000),
    );
  });

  it('reads columns that came later from copies, until they find no room, and then anew', () => {
    const codes = Array.from({ length: 8 }, (_column, i) =>
      Uint8Array.from({ length: 9000 }, (_, row) => (row * (i + 3)) % 7),
    );
    for (let round = 0; round < 20; round++) {
      const tables = {
        ...compiled[0],
        columns: [
          {
            column: 0,
            codes: codes[(round * 5) % 8],
            units: Int32Array.from({ length: 7 }, (_, code) => code * round),
            high: 6 * round,
            below: 0,
          },
        ],
        crosses: [],
      };
      const wide = { ...blocks!, columns: blocks!.columns.map(() => ({ shift: 0, levels: [] })) };
      expect(topRows(tables, 9000, wide, 30)).toEqual(topRows(tables, 9000, undefined, 30));
    }
  });
});

function sortedTrips(trips: ReturnType<typeof makeTrips>) {
  const keyOf = ({ attributes }: (typeof trips)[number]) =>
    [attributes.status, attributes.difficulty, attributes.country, attributes.price].join(' ');
  return trips.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Coarse in every second seed, so that many rows tie. */
function seededWeights(features: number, seed: number): Int32Array {
  let state = seed + 1;
  const next = () => (state = (state * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
  const step = seed % 2 === 0 ? 65_536 : 1;
  return Int32Array.from(
    { length: features * 256 },
    () => Math.round(((next() - 0.5) * 1_000_000) / step) * step,
  );
}
