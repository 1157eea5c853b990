import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { invalid } from '../../../shared/domain/errors.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { CLICKED, type ShownItems } from '../../science/evaluation/item-rates/shown-items.ts';
import {
  clusterIndex,
  standardErrorOf,
  studentInterval,
} from '../../science/statistics/interval.ts';
import { readShown } from '../account/read-shown.ts';
import type { Span } from '../account/span.ts';
import { bucketsOf, partsOf } from './attribute-parts.ts';
import { readCatalogue } from './read-catalogue.ts';

/** How the places of lists were shared among the values of an attribute. */
export interface Exposure {
  readonly attribute: string;
  readonly rankings: number;
  readonly people: number;
  /** Items of today's catalogue that can be shown. */
  readonly items: number;
  readonly groups: readonly ExposedGroup[];
}

/** Shares are of the sum over all groups: an item with several values counts in the group of each. */
export interface ExposedGroup {
  readonly label: string;
  readonly items: number;
  readonly catalogueShare: number;
  readonly clicks: number;
  /** Of all exposure: a slot's is `1 / log₂(1 + position)`. */
  readonly exposureShare: Estimate | null;
  /** Clicks for each exposure of a first place: what visitors made of the places that it had. */
  readonly clickRate: Estimate | null;
  /** Its share of exposure over the share that `items × clickRate` would give it; 1 is in proportion to merit. */
  readonly exposurePerMerit: number | null;
}

/** With a 95 % interval by person, as what one of them sees is alike; without one where there are fewer than two. */
export interface Estimate {
  readonly mean: number;
  readonly low?: number;
  readonly high?: number;
}

/** The newest of a span: what is behind so many tells little of today's catalogue. */
const MOST_RANKINGS = 100_000;

/**
 * Exposure by the value of an attribute, beside the share of the catalogue and of merit (A. Singh and T. Joachims, "Fairness of Exposure in
 * Rankings", KDD 2018). Exposure is discounted by position as in DCG. What was pinned is left out: somebody gave it its place, and no ranking.
 * @throws ApiError 400 where the schema has no such attribute.
 */
export async function exposure(
  db: LibSQLDatabase,
  schema: Schema,
  span: Span,
  nowMs: number,
  attribute: string,
): Promise<Exposure> {
  const catalogue = await readCatalogue(db, schema, nowMs);
  const table = packItems(schema.columns, catalogue);
  const parts = table.columns.flatMap(({ spec, values, codes }) =>
    partsOf(spec, values, codes).map((part) => ({ ...part, codes })),
  );
  const part = parts.find((one) => one.attribute === attribute);
  if (part === undefined)
    throw invalid(
      `schema ${schema.name} has no attribute "${attribute}"; it has ${parts.map((one) => one.attribute).join(', ')}`,
    );
  const { labels, ofCode } = bucketsOf(part, part.codes);
  const rowOf = new Map<string, number>(catalogue.map(({ id }, row) => [id, row]));
  const shown = await readShown(db, span, MOST_RANKINGS);
  const groupsOfItem = shown.items.map((id) => {
    const row = rowOf.get(id);
    return row === undefined ? [] : ofCode[part.codes[row]];
  });
  const items = new Float64Array(labels.length);
  for (const code of part.codes) for (const group of ofCode[code]) items[group]++;
  const people = clusterIndex(shown.person);
  const sums = sumsOf(shown, people, groupsOfItem, labels.length);
  return {
    attribute,
    rankings: shown.at.length,
    people: sums.people,
    items: catalogue.length,
    groups: groupsFrom(labels, items, sums),
  };
}

interface Sums {
  readonly people: number;
  /** By group, then by person. */
  readonly exposure: readonly Float64Array[];
  readonly clicks: readonly Float64Array[];
}

function sumsOf(
  { starts, slot, item, did }: ShownItems,
  personOf: Uint32Array,
  groupsOfItem: readonly (readonly number[])[],
  groups: number,
): Sums {
  const people = personOf.reduce((most, person) => Math.max(most, person + 1), 0);
  const byPerson = () => Array.from({ length: groups }, () => new Float64Array(people));
  const [exposed, clicks] = [byPerson(), byPerson()];
  for (let ranking = 0; ranking < personOf.length; ranking++)
    for (let row = starts[ranking]; row < starts[ranking + 1]; row++)
      for (const group of groupsOfItem[item[row]]) {
        exposed[group][personOf[ranking]] += 1 / Math.log2(2 + slot[row]);
        if ((did[row] & CLICKED) !== 0) clicks[group][personOf[ranking]]++;
      }
  return { people, exposure: exposed, clicks };
}

function groupsFrom(
  labels: readonly string[],
  items: Float64Array,
  { people, exposure: exposed, clicks }: Sums,
): ExposedGroup[] {
  const all = Float64Array.from({ length: people }, (_, person) =>
    exposed.reduce((sum, own) => sum + own[person], 0),
  );
  const inAll = sumOf(items);
  const rates = labels.map((_, g) => ratio(clicks[g], exposed[g]));
  const merit = labels.map((_, g) => items[g] * (rates[g]?.mean ?? 0));
  return labels.map((label, g) => {
    const exposureShare = ratio(exposed[g], all);
    const meritShare = merit[g] / sumOf(merit);
    return {
      label,
      items: items[g],
      catalogueShare: items[g] / inAll,
      clicks: sumOf(clicks[g]),
      exposureShare,
      clickRate: rates[g],
      exposurePerMerit:
        exposureShare === null || !(meritShare > 0) ? null : exposureShare.mean / meritShare,
    };
  });
}

const sumOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

/**
 * A ratio of sums `R = Σₚ mₚ / Σₚ dₚ` with its 95 % interval by the delta method: a person moves it by `(mₚ − R dₚ) / Σ d`.
 * @returns null where nothing is below the line.
 */
function ratio(over: Float64Array, under: Float64Array): Estimate | null {
  const total = sumOf(under);
  if (total === 0) return null;
  const mean = sumOf(over) / total;
  const people = over.length;
  if (people < 2) return { mean };
  const influence = over.map((m, person) => (m - mean * under[person]) / total);
  const { low, high } = studentInterval(mean, standardErrorOf(influence), people, people);
  return { mean, low: Math.max(0, low), high };
}
