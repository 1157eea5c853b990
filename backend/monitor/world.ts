import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { codesOf, encodeRequest } from '../../shared/features/encode.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { candidateTable } from '../../shared/score/candidate-table.ts';
import { allowedRows } from '../../shared/score/filter/allowed-rows.ts';
import { hasRow } from '../../shared/score/filter/row-bits.ts';
import { inMarket } from '../../shared/score/market-table.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { finalUnits } from '../../shared/score/rerank.ts';
import { toPoints, type Scorer } from '../../shared/score/scorer.ts';
import type { DailySample } from '../catalogue/daily-samples.ts';
import type { SampledRequest } from '../log/logged-requests.ts';
import type { Clustering } from '../science/evaluation/clustered-drift.ts';
import type { Value } from '../science/evaluation/value-bins.ts';
import { calendarFeatures } from './calendar-features.ts';
import { readColumns, requestFields } from './world-fields.ts';

/** Values with the cluster that each belongs to; a list is several values of one cluster. */
export interface ClusteredValues {
  readonly values: readonly Value[];
  readonly clustering: Clustering;
}

/**
 * The world on some days, as no champion chooses it: what people asked for, what there was, and what one scorer that is never
 * exchanged says of pairs of both. One request of each visitor.
 */
export interface World {
  readonly visitors: number;
  /** Field of a request → its values, clustered by request; fields that no request has are left out. */
  readonly fields: ReadonlyMap<string, ClusteredValues>;
  /** Column → its values, clustered by item. */
  readonly columns: ReadonlyMap<string, ClusteredValues>;
  readonly pairs: Pairs;
  /** The catalogue of the last of the days. */
  readonly catalogue: DailySample;
}

/** (Request, item) pairs: of each request some rows of its day's catalogue, or of the candidates that it sent. */
export interface Pairs {
  /** Per feature, in schema order, the bucket of each pair. */
  readonly features: readonly Uint8Array[];
  readonly points: Float64Array;
  readonly clusterings: readonly Clustering[];
}

export interface WorldDay {
  readonly catalogue: DailySample;
  readonly requests: readonly SampledRequest[];
}

/** More rows of one request say little more. */
const ROWS_PER_REQUEST = 50;
const SEED = 1;

/** @param scorer the same one for all that is compared. @param days in order, at least one. */
export async function worldOf(scorer: Scorer, days: readonly WorldDay[]): Promise<World> {
  const { schema } = scorer;
  const random = seededRandom(SEED);
  const items = new Clusters();
  const columns = new Map<string, { values: Value[]; of: number[] }>();
  for (const { catalogue } of days) addItems(schema, catalogue, items, columns);
  const fields = new Map<string, { values: Value[]; of: number[] }>();
  const pairs = new PairCollector(scorer, items);
  const tables = new Map(days.map(({ catalogue }) => [catalogue, rankable(catalogue.table)]));
  const asked = onePerVisitor(days, random);
  for (const [visitor, { request, at, catalogue }] of asked.entries()) {
    for (const [name, values] of requestFields(schema, request))
      for (const value of values) add(fields, name, value, visitor);
    pairs.add(visitor, request, at, tables.get(catalogue)!, random());
    if (visitor % 20 === 19) await nextTurn();
  }
  const ofItems = (of: readonly number[]): Clustering => ({
    of,
    count: items.count,
    chance: items.chance,
  });
  return {
    visitors: asked.length,
    fields: mapped(fields, (of) => ({ of, count: asked.length })),
    columns: mapped(columns, ofItems),
    pairs: pairs.finish(asked.length, ofItems),
    catalogue: days.at(-1)!.catalogue,
  };
}

/** So that requests are independent of each other: any one of those that a visitor made. */
function onePerVisitor(days: readonly WorldDay[], random: () => number) {
  const all = days.flatMap(({ catalogue, requests }) =>
    requests.map((request) => ({ ...request, catalogue })),
  );
  const ofVisitors = Map.groupBy(all, ({ visitor }) => visitor);
  return [...ofVisitors.values()].map((own) => own[Math.floor(random() * own.length)]);
}

/** Items by id, numbered in the order in which they are met. */
class Clusters {
  readonly #index = new Map<string, number>();
  readonly chance: number[] = [];

  /** @param chance of an item that is met for the first time: see `Clustering.chance`. */
  of(id: string, chance: number): number {
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    this.#index.set(id, this.chance.length);
    return this.chance.push(chance) - 1;
  }

  get count(): number {
    return this.chance.length;
  }
}

function addItems(
  schema: Schema,
  { day, items: all, table }: DailySample,
  items: Clusters,
  columns: Map<string, { values: Value[]; of: number[] }>,
): void {
  const chance = all === 0 ? 0 : Math.max(0, 1 - table.ids.length / all);
  const of = Array.from(table.ids, (id) => items.of(id, chance));
  for (const [name, valuesAt] of readColumns(schema, table, day))
    for (let row = 0; row < of.length; row++)
      for (const value of valuesAt(row)) add(columns, name, value, of[row]);
}

function add(
  all: Map<string, { values: Value[]; of: number[] }>,
  name: string,
  value: Value,
  cluster: number,
): void {
  const known = all.get(name);
  if (known === undefined) all.set(name, { values: [value], of: [cluster] });
  else {
    known.values.push(value);
    known.of.push(cluster);
  }
}

const mapped = (
  all: ReadonlyMap<string, { values: Value[]; of: number[] }>,
  clusteringOf: (of: readonly number[]) => Clustering,
): Map<string, ClusteredValues> =>
  new Map(
    [...all].map(([name, { values, of }]) => [name, { values, clustering: clusteringOf(of) }]),
  );

/** Encodes and scores pairs as they come. */
class PairCollector {
  readonly #scorer: Scorer;
  readonly #items: Clusters;
  /** They are taken as missing, so that neither they nor the scores drift by the season. */
  readonly #calendar: readonly number[];
  readonly #codes: Uint8Array[] = [];
  readonly #points: number[] = [];
  readonly #requestOf: number[] = [];
  readonly #itemOf: number[] = [];

  constructor(scorer: Scorer, items: Clusters) {
    this.#scorer = scorer;
    this.#items = items;
    this.#calendar = calendarFeatures(scorer.schema);
  }

  /** @param start 0..1: which rows of the table are taken. */
  add(
    visitor: number,
    request: RankRequest,
    at: number,
    catalogue: RankableTable,
    start: number,
  ): void {
    const { schema } = this.#scorer;
    const items = itemsFor(schema, request, catalogue);
    const { table, rows, catalogue: known } = inMarket(items, request.market);
    const chosen = spread(competingRows(items, request), start);
    if (chosen.length === 0) return;
    const codes = codesOf(encodeRequest(schema, table, rows, request, at, known), chosen);
    for (const feature of this.#calendar)
      for (let i = feature; i < codes.length; i += schema.features.length) codes[i] = 0;
    this.#codes.push(codes);
    for (const [i, row] of chosen.entries()) {
      this.#points.push(toPoints(finalUnits(this.#scorer, codes, i * schema.features.length)));
      this.#requestOf.push(visitor);
      // Of items that a site sends there is no whole of which they are a sample.
      this.#itemOf.push(this.#items.of(table.ids.at(row)!, 1));
    }
  }

  finish(visitors: number, ofItems: (of: readonly number[]) => Clustering): Pairs {
    const count = this.#scorer.schema.features.length;
    const features = Array.from({ length: count }, () => new Uint8Array(this.#points.length));
    let pair = 0;
    for (const codes of this.#codes)
      for (let from = 0; from < codes.length; from += count, pair++)
        for (let f = 0; f < count; f++) features[f][pair] = codes[from + f];
    return {
      features,
      points: Float64Array.from(this.#points),
      clusterings: [{ of: this.#requestOf, count: visitors }, ofItems(this.#itemOf)],
    };
  }
}

/** The catalogue, or the candidates of which something is known: the sample has not every item that a request may name. */
function itemsFor(
  schema: Schema,
  { candidates }: RankRequest,
  catalogue: RankableTable,
): Pick<RankableTable, 'table' | 'rows' | 'catalogue'> {
  if (candidates === undefined) return catalogue;
  const known = candidates.filter(
    ({ id, attributes }) => catalogue.rows.has(id) || Object.keys(attributes).length > 0,
  );
  return candidateTable(schema, known, catalogue);
}

/** What the request's filters do not allow is not scored for its visitor, and so is no pair. */
function competingRows(
  items: Pick<RankableTable, 'table' | 'rows'>,
  request: RankRequest,
): readonly number[] {
  const allowed = allowedRows(items, request);
  const all = Array.from(items.table.ids, (_, row) => row);
  return allowed === undefined ? all : all.filter((row) => hasRow(allowed.bits, row));
}

/** Some at equal distances, from a random one on (systematic sampling). */
function spread(rows: readonly number[], start: number): number[] {
  const taken = Math.min(ROWS_PER_REQUEST, rows.length);
  const step = rows.length / taken;
  return Array.from({ length: taken }, (_, i) => rows[Math.floor((i + start) * step)]);
}
