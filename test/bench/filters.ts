import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { parseFilter, type Filter } from '../../shared/domain/filter.ts';
import { parseItem, type Item } from '../../shared/domain/item.ts';
import { parseRankRequest, type Visit } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { entriesOf } from '../../shared/features/columns/codes-with-entry.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { allowedRows } from '../../shared/score/filter/allowed-rows.ts';
import { filterReport } from '../../shared/score/filter/filter-report.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { BenchRow } from './support/row.ts';
import { rankBodies } from './support/rank-bodies.ts';
import { rulesOf } from './support/scan-rows.ts';
import { makeTrips, makeVisits, NOW_MS } from './support/trips.ts';

/**
 * Rankings whose requests have filters beside the same rankings without: encoding, finding the allowed rows, compiling, the search and the
 * draw. No two filters of a kind are equal but by chance, as those of visitors are not; what columns keep for filters is warm.
 */
const SIZES = [10_000, 100_000, 1_000_000];
const VISITS = 96;
const ROUNDS = 15;
const DAY_MS = 86_400_000;

const CATALOGUES: Readonly<
  Record<string, { items: (count: number) => Item[]; visits: readonly Visit[] }>
> = {
  independent: { items: (count) => makeTrips(count, 1), visits: makeVisits(VISITS, 2) },
  correlated: {
    items: (count) => demoCatalogue(count, 1, NOW_MS).map((trip) => parseItem({ ...trip })),
    visits: rankBodies(VISITS, 2).map((body) => parseRankRequest(body)),
  },
};

export function filterRows(sizes = SIZES): BenchRow[] {
  const scorer = rulesOf(smarttrip);
  const rows: BenchRow[] = [];
  for (const [kind, { items, visits }] of Object.entries(CATALOGUES))
    for (const size of sizes) {
      const table = rankable(catalogueTable(smarttrip, items(size)));
      const kinds = Object.entries(filtersOf(table)).map(([name, make]) => ({
        name,
        asking: visits.map((visit, i) => ({ ...visit, ...make(i) })),
      }));
      const rank = (visit: Visit, seed: number) =>
        rankSlate(scorer, table, visit, {
          limit: 20,
          seed,
          nowMs: NOW_MS,
          exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
        });
      const calls = kinds.flatMap(({ asking }) => [
        (i: number) => rank(asking[i], i),
        // A new object each time, as a request's is: rows that were found before are found anew.
        (i: number) =>
          allowedRows(table, { ...asking[i], exclude: [...(asking[i].exclude ?? [])] }),
        (i: number) => filterReport(table, asking[i], smarttrip.filters, NOW_MS),
      ]);
      const [plain, ...own] = cpuUs([(i) => rank(visits[i], i), ...calls]);
      rows.push({ name: `${kind}, ${size}: plain`, value: plain, unit: 'µs' });
      kinds.forEach(({ name, asking }, at) => {
        const left = asking.map((one) => allowedRows(table, one)!.count / size);
        const share = (100 * left.reduce((sum, one) => sum + one, 0)) / VISITS;
        const of = `${kind}, ${size}: ${name} (${share.toFixed(1)} % left)`;
        const beside = (value: number) => ({
          value,
          unit: 'µs',
          ratio: value / plain,
          against: 'plain',
        });
        rows.push(
          { name: of, ...beside(own[3 * at]) },
          { name: `${of}, of which the rows`, ...beside(own[3 * at + 1]) },
          { name: `${of}, explained, more`, ...beside(own[3 * at + 2]) },
        );
      });
    }
  return rows;
}

type Wanted = Pick<Visit, 'filters' | 'exclude'>;

function filtersOf({ table }: RankableTable): Record<string, (i: number) => Wanted> {
  const random = seededRandom(7);
  const whole = (below: number) => Math.floor(random() * below);
  const column = (name: string) => table.columns.find(({ spec }) => spec.name === name)!;
  const themes = entriesOf(column('themes'));
  const countries = entriesOf(column('place'), 1);
  const some = (from: readonly string[], count: number) =>
    Array.from({ length: count }, () => from[whole(from.length)]);
  const wide = (): Filter[] => [
    { column: 'price', to: 1200 + whole(3000) + whole(100) / 100 },
    { column: 'themes', in: some(themes, 3) },
  ];
  const search = (): Filter[] => {
    const from = NOW_MS + whole(300) * DAY_MS;
    return [
      ...wide(),
      { column: 'durationDays', from: 4 + whole(4), to: 10 + whole(10) },
      { column: 'departure', from, to: from + 120 * DAY_MS },
      { column: 'difficulty', in: [1, 2, 3].slice(0, 2 + whole(2)) },
    ];
  };
  const all = (parts: Filter[]): Wanted => ({ filters: parseFilter({ all: parts }) });
  return {
    'one price': () => ({ filters: parseFilter(wide()[0]) }),
    'price and themes': () => all(wide()),
    'a search of five conditions': () => all(search()),
    'the same in four countries': () =>
      all([...search(), { column: 'country', in: some(countries, 4) }]),
    '50 excluded': () => ({
      exclude: some([...table.ids], 50) as readonly string[] as Wanted['exclude'],
    }),
  };
}

/**
 * Of each call: the mean over all visits, in processor time; of some rounds in turn the fastest, which other work on the machine
 * disturbed least.
 */
function cpuUs(calls: readonly ((i: number) => unknown)[]): number[] {
  const taken = calls.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++)
    calls.forEach((call, c) => {
      const before = process.cpuUsage();
      for (let i = 0; i < VISITS; i++) call(i);
      const { user, system } = process.cpuUsage(before);
      taken[c] = Math.min(taken[c], (user + system) / VISITS);
    });
  return taken;
}

if (import.meta.main)
  for (const { name, value, unit, ratio } of filterRows(process.argv.slice(2).map(Number)))
    console.log(
      `${name.padEnd(80)} ${value.toFixed(1).padStart(9)} ${unit}  ${ratio?.toFixed(2) ?? ''}`,
    );
