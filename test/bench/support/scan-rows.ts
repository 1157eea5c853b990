import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import { parseRankRequest, type Visit } from '../../../shared/domain/rank-request.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { packItems, type ItemTable } from '../../../shared/features/columns/item-table.ts';
import { encodeRequest } from '../../../shared/features/encode.ts';
import { parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { compileScores } from '../../../shared/score/additive.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../../shared/score/scorer.ts';
import { topRows } from '../../../shared/score/top-rows.ts';
import { compileScores as compileJoined } from '../../oracle/joined-scan/additive.ts';
import { eachRow, joinColumns } from '../../oracle/joined-scan/joined-columns.ts';
import { topRows as topByRow } from '../../oracle/joined-scan/top-rows.ts';
import { rankBodies } from './rank-bodies.ts';
import type { BenchRow } from './row.ts';
import { makeTrips, makeVisits, NOW_MS } from './trips.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const VISITS = 128;
const ROUNDS = 7;
const LIMIT = 20;

export const rulesOf = (schema: Schema): AdditiveScorer =>
  additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' });

const CATALOGUES: Readonly<
  Record<string, { items: (count: number) => Item[]; visits: readonly Visit[] }>
> = {
  independent: { items: (count) => makeTrips(count, 1), visits: makeVisits(VISITS, 2) },
  correlated: {
    items: (count) => demoCatalogue(count, 1, NOW_MS).map((trip) => parseItem({ ...trip })),
    visits: rankBodies(VISITS, 2).map((body) => parseRankRequest(body)),
  },
};

const extended = (features: object[], rules: Record<string, number[]>): Schema =>
  parseSchema({
    ...definition,
    features: [...definition.features, ...features],
    rules: { ...definition.rules, ...rules },
  });

/** The default schema with what once took time for each item of the catalogue. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  recent: extended([{ name: 'touched', kind: 'recent', measure: 'recency', most: 3 }], {
    touched: [0, 9, 6, 3],
  }),
  crosses: extended(
    [{ name: 'level-continent', kind: 'cross', of: ['price-level', 'continent'] }],
    { 'level-continent': Array.from({ length: 36 }, (_, i) => (i * 7) % 10) },
  ),
  slate: extended(
    [
      { name: 'dear', kind: 'slate-ratio', column: 'price', to: 'median', edges: [0.5, 1, 2] },
      { name: 'cheapest', kind: 'slate-rank', column: 'price', most: 20 },
    ],
    { dear: [0, 6, 3, 0], cheapest: [0, 5, 4, 3] },
  ),
};

/** Encoding, compiling and the best 20 of whole catalogues, in processor time. */
export function scanRows(): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [kind, { items: make, visits }] of Object.entries(CATALOGUES))
    for (const size of SIZES) {
      const items = make(size);
      const name = `${kind}, ${size}`;
      // All of these schemas have the same columns, and weigh the same ones.
      const sorted = catalogueTable(smarttrip, items);
      const inOrderOfId = packItems(smarttrip.columns, items);
      const competing = rankable(sorted);
      const byKernel = scanOf(smarttrip, competing, visits);
      const [value, joined, scan, typeScript, joinedScan] = cpuUs([
        rankerOf(smarttrip, competing, visits, []),
        joinedRankerOf(smarttrip, inOrderOfId, visits),
        byKernel,
        scanOf(smarttrip, withoutKernel(competing), visits),
        joinedScanOf(smarttrip, inOrderOfId, visits),
      ]);
      const beside = (what: string, own: number, of: number, against: string): BenchRow => ({
        name: `${name}: ${what}`,
        value: own,
        unit: 'µs',
        ratio: own / of,
        against,
      });
      rows.push(
        { name: `${name}: encode, compile, best ${LIMIT}`, value, unit: 'µs' },
        beside('the same by joined columns', joined, value, 'now'),
        { name: `${name}: of which the scan`, value: scan, unit: 'µs' },
        beside('the scan of the costliest request in 100', costliestUs(byKernel), scan, 'mean'),
        beside('the scan in TypeScript', typeScript, scan, 'now'),
        beside('the scan by joined columns', joinedScan, scan, 'now'),
      );
      for (const [what, schema] of Object.entries(SCHEMAS)) {
        const touched = what === 'recent' ? items : [];
        const [plain, own] = cpuUs([
          rankerOf(smarttrip, competing, visits, []),
          rankerOf(schema, competing, visits, touched),
        ]);
        rows.push(beside(what, own, plain, 'plain'));
      }
    }
  return rows;
}

/** @param touched items that visitors touched, five each. */
function rankerOf(
  schema: Schema,
  { table, rows, blocks }: RankableTable,
  visits: readonly Visit[],
  touched: readonly Item[],
): (i: number) => unknown {
  const scorer = rulesOf(schema);
  const asking = visits.map((visit, i) => ({
    ...visit,
    recent: touched.slice(5 * i, 5 * i + 5).map(({ id }) => ({ itemId: id, type: 'view', at: 1 })),
  }));
  return (i) => {
    const encoded = encodeRequest(schema, table, rows, asking[i], NOW_MS);
    return topRows(compileScores(scorer, encoded, NOW_MS), table.ids.length, blocks, LIMIT);
  };
}

function joinedRankerOf(schema: Schema, table: ItemTable, visits: readonly Visit[]) {
  const scorer = rulesOf(schema);
  const [joined, perRow] = [joinColumns(table), eachRow(table)];
  return (i: number) =>
    topByRow(
      compileJoined(
        scorer,
        encodeRequest(schema, table, new Map(), visits[i], NOW_MS),
        joined,
        perRow,
        NOW_MS,
      ),
      LIMIT,
    );
}

function scanOf(schema: Schema, { table, rows, blocks }: RankableTable, visits: readonly Visit[]) {
  const compiled = visits.map((visit) =>
    compileScores(rulesOf(schema), encodeRequest(schema, table, rows, visit, NOW_MS), NOW_MS),
  );
  return (i: number) => topRows(compiled[i], table.ids.length, blocks, LIMIT);
}

function joinedScanOf(schema: Schema, table: ItemTable, visits: readonly Visit[]) {
  const [joined, perRow] = [joinColumns(table), eachRow(table)];
  const compiled = visits.map((visit) =>
    compileJoined(
      rulesOf(schema),
      encodeRequest(schema, table, new Map(), visit, NOW_MS),
      joined,
      perRow,
      NOW_MS,
    ),
  );
  return (i: number) => topByRow(compiled[i], LIMIT);
}

/** The same table, searched in TypeScript. */
const withoutKernel = ({ blocks, ...others }: RankableTable): RankableTable => ({
  ...others,
  ...(blocks && { blocks: { counts: blocks.counts, columns: blocks.columns } }),
});

/**
 * The 99th percentile over the visits of each one's median wall time: what a request costs that many rows could answer. Of
 * single calls it would be that of the machine's other work.
 */
function costliestUs(call: (i: number) => unknown): number {
  const medians = Array.from({ length: VISITS }, (_, i) => {
    const taken = Array.from({ length: 15 }, () => {
      const startedMs = performance.now();
      call(i);
      return (performance.now() - startedMs) * 1000;
    });
    return taken.toSorted((a, b) => a - b)[7];
  });
  return medians.toSorted((a, b) => a - b)[Math.floor(0.99 * VISITS)];
}

/** Of each call: the mean over all visits, in processor time, median of rounds in turn. */
function cpuUs(calls: readonly ((i: number) => unknown)[]): number[] {
  const taken: number[][] = calls.map(() => []);
  for (let round = -2; round < ROUNDS; round++)
    calls.forEach((call, c) => {
      const before = process.cpuUsage();
      for (let i = 0; i < VISITS; i++) call(i);
      const { user, system } = process.cpuUsage(before);
      // The first rounds are compiled in.
      if (round >= 0) taken[c].push((user + system) / VISITS);
    });
  return taken.map((own) => own.toSorted((a, b) => a - b)[ROUNDS >> 1]);
}
