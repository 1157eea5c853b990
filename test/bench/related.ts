import { buildRelated } from '../../backend/catalogue/related/build-related.ts';
import { neighboursOf, type Neighbours } from '../../backend/catalogue/related/neighbours.ts';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { parseItem, type Item } from '../../shared/domain/item.ts';
import { relatedTo } from '../../shared/domain/related.ts';
import { parseRankRequest, type Visit } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import definition from '../../shared/features/smarttrip.json' with { type: 'json' };
import { RelatedShard, shardOfItem } from '../../shared/format/related-bytes.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import type { Part, Say } from './support/part.ts';
import { rankBodies } from './support/rank-bodies.ts';
import type { BenchRow } from './support/row.ts';
import { rulesOf } from './support/scan-rows.ts';
import { NOW_MS } from './support/trips.ts';

const SIZES = [10_000, 100_000];
const VISITS = 96;
const ROUNDS = 15;
const DIMENSIONS = 64;
/** Of so many all are compared with all, to see what cells leave out. */
const COMPARED = 30_000;

const columns = [
  ...definition.columns,
  { name: 'vector', type: 'embedding', dimensions: DIMENSIONS },
];
const alike = { name: 'alike', kind: 'related', edges: [40, 60, 80] };
const vector = { column: 'vector', weight: 3 };
const related = { by: [...definition.related.by, vector] };
/** What items may be compared by. */
const WAYS = {
  buckets: { by: definition.related.by },
  'an embedding': { by: [vector] },
  both: related,
};
const schema = parseSchema({
  ...definition,
  columns,
  features: [...definition.features, alike],
  rules: { ...definition.rules, alike: [0, 0, 4, 8, 12] },
  related,
});

/** Related rankings beside plain ones of the same catalogue and visits, in turn; and finding all neighbours. */
export async function benchRelated(say: Say): Promise<Part> {
  const scorer = rulesOf(schema);
  const rows: BenchRow[] = [];
  for (const size of SIZES) {
    say(`related: the neighbours of ${size} trips`);
    const items = tripsOf(size);
    for (const [way, spec] of Object.entries(WAYS)) {
      const { seconds } = timed(() => neighboursOf(items, schema.columns, spec));
      rows.push({ name: `${size}: finding all neighbours by ${way}`, value: seconds, unit: 's' });
    }
    const { shards, index } = buildRelated(schema, items);
    const bits = Math.log2(shards.length);
    const read = shards.map(({ bytes }) => new RelatedShard(bytes, true));
    const sizeBytes = shards.reduce((sum, { bytes }) => sum + bytes.length, index.bytes.length);
    rows.push({ name: `${size}: published`, value: sizeBytes / 1e6, unit: 'MB' });
    const table = rankable(catalogueTable(schema, items));
    const visits: Visit[] = rankBodies(VISITS, 2).map((body) => parseRankRequest(body));
    const rank = (visit: Visit, seed: number) =>
      rankSlate(scorer, table, visit, {
        limit: 20,
        seed,
        nowMs: NOW_MS,
        exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
      });
    const beside = (i: number): Visit => {
      const { id } = items[(i * 7919) % size];
      const found = read[shardOfItem(id, bits)].neighbours(id);
      return { ...visits[i], related: relatedTo([id], [found]) };
    };
    const [plain, own] = cpuUs([(i) => rank(visits[i], i), (i) => rank(beside(i), i)]);
    rows.push(
      { name: `${size}: plain`, value: plain, unit: 'µs' },
      { name: `${size}: related`, value: own, unit: 'µs', ratio: own / plain, against: 'plain' },
    );
  }
  say(`related: ${COMPARED} trips, all compared with all`);
  const items = tripsOf(COMPARED);
  for (const way of ['an embedding', 'both'] as const) {
    const find = (exactRows: number) =>
      timed(() => neighboursOf(items, schema.columns, WAYS[way], { exactRows }));
    const [cells, all] = [find(0), find(Infinity)];
    const name = `${COMPARED}, by ${way}`;
    rows.push(
      { name: `${name}: all compared`, value: all.seconds, unit: 's' },
      { name: `${name}: within cells`, value: cells.seconds, unit: 's' },
      { name: `${name}: found within cells`, value: shareOf(all.made, cells.made), unit: '%' },
    );
  }
  return {
    rows,
    notes: [
      `trips of the demo with embeddings of ${DIMENSIONS} dimensions in groups, 64 neighbours each; rankings of 20, with reading the shard's entry and without KV and HTTP`,
      `processor time; buckets of ${definition.related.by.length} columns; found within cells: of the neighbours that comparing all with all gives`,
    ],
  };
}

/** With processor time, in seconds. */
function timed<T>(make: () => T): { readonly made: T; readonly seconds: number } {
  const begun = process.cpuUsage();
  const made = make();
  const { user, system } = process.cpuUsage(begun);
  return { made, seconds: (user + system) / 1e6 };
}

/** How many of all neighbours were found, in percent. */
function shareOf(all: Neighbours, some: Neighbours): number {
  let found = 0;
  for (let row = 0; row + 1 < all.from.length; row++) {
    const exact = new Set(all.rows.subarray(all.from[row], all.from[row + 1]));
    for (const other of some.rows.subarray(some.from[row], some.from[row + 1]))
      if (exact.has(other)) found++;
  }
  return (100 * found) / all.rows.length;
}

/** In order of id, with embeddings around as many themes as the root of the items. */
function tripsOf(count: number): Item[] {
  const random = seededRandom(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = () => Array.from({ length: DIMENSIONS }, normal);
  const themes = Array.from({ length: Math.round(Math.sqrt(count)) }, draw);
  const trips = demoCatalogue(count, 1, NOW_MS).map((trip) => {
    const theme = themes[Math.floor(random() * themes.length)];
    return parseItem({ ...trip, vector: theme.map((value) => value + 0.8 * normal()) });
  });
  return trips.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Processor time of each call per visit, µs: the fastest of its rounds, which take turns. */
function cpuUs(calls: readonly ((visit: number) => unknown)[]): number[] {
  const least = calls.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++)
    calls.forEach((call, at) => {
      const before = process.cpuUsage();
      for (let visit = 0; visit < VISITS; visit++) call(visit);
      const { user, system } = process.cpuUsage(before);
      least[at] = Math.min(least[at], (user + system) / VISITS);
    });
  return least;
}
