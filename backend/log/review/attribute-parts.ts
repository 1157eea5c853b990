import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import {
  namesOf,
  type Codes,
  type ColumnValue,
} from '../../../shared/features/columns/item-table.ts';
import { binWords } from '../../../shared/features/kinds/bin-words.ts';
import { quantileEdges } from '../../../shared/features/quantile-edges.ts';

/** An attribute with more values keeps its most frequent ones apart, and the others are one bucket. */
const MOST_VALUES = 30;
const MISSING = 'missing';
const BINS = 8;

/** An attribute of the items, and in which of its groups each code of its column is. */
export interface Part {
  readonly attribute: string;
  /** Per code of the column. */
  readonly labels: readonly (readonly string[])[];
  /** Of labels that have an order of their own. */
  readonly order?: readonly string[];
}

/** What the codes of a column mean, attribute by attribute: a path is of several. */
export function partsOf(spec: ColumnSpec, values: readonly ColumnValue[], codes: Codes): Part[] {
  const { name: attribute, type } = spec;
  const known = values.slice(1);
  const all = (labelsOf: (value: ColumnValue) => readonly string[]) => [
    [MISSING],
    ...known.map(labelsOf),
  ];
  if (type === 'path')
    return namesOf(spec).map((name, depth) => ({
      attribute: name,
      labels: all((value) => [(value as readonly string[])[depth] || MISSING]),
    }));
  if (type === 'set') return [{ attribute, labels: all((value) => value as readonly string[]) }];
  if (type === 'category') return [{ attribute, labels: all((value) => [String(value)]) }];
  if (type === 'date') {
    const labels = all((value) => [new Date(value as number).toISOString().slice(0, 7)]);
    return [{ attribute, labels, order: [...new Set(labels.flat().slice(1))].toSorted() }];
  }
  return [{ attribute, ...binsOf(known as readonly number[], codes) }];
}

/** Ranges with nearly as many items each. @param values by code, from code 1 on. */
function binsOf(values: readonly number[], codes: Codes): Pick<Part, 'labels' | 'order'> {
  const ofItems = Array.from(codes, (code) => (code === 0 ? Number.NaN : values[code - 1]));
  const edges = quantileEdges(ofItems, BINS);
  const order =
    edges.length === 0
      ? values.slice(0, 1).map(String)
      : Array.from({ length: edges.length + 1 }, (_, bin) =>
          binWords(edges, bin, (edge) => edge.toLocaleString('en')),
        );
  const binOf = (value: number) => edges.filter((edge) => edge < value).length;
  return { labels: [[MISSING], ...values.map((value) => [order[binOf(value)]])], order };
}

/** The buckets of an attribute: a value each, those that few items have as one, and behind them the items without any. */
export interface Buckets {
  readonly labels: readonly string[];
  /** Per code of the column, indexes into the labels: an item with several values is in the bucket of each. */
  readonly ofCode: readonly (readonly number[])[];
}

/** @param codes of the catalogue's items, by row: the values that most of them have are kept apart. */
export function bucketsOf({ labels, order }: Part, codes: Codes): Buckets {
  const counts = new Map<string, number>();
  for (let row = 0; row < codes.length; row++)
    for (const label of labels[codes[row]]) counts.set(label, (counts.get(label) ?? 0) + 1);
  const found = [...counts.keys()].filter((label) => label !== MISSING);
  const sorted =
    order === undefined
      ? found.toSorted((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1))
      : order.filter((label) => counts.has(label));
  const kept = sorted.slice(0, MOST_VALUES);
  const rest = order === undefined ? 'others' : 'later';
  const names = [
    ...kept,
    ...(sorted.length > kept.length ? [rest] : []),
    ...(counts.has(MISSING) ? [MISSING] : []),
  ];
  const indexOf = new Map(names.map((name, i) => [name, i]));
  const ofCode = labels.map((own) => [
    ...new Set(own.map((label) => indexOf.get(label) ?? kept.length)),
  ]);
  return { labels: names, ofCode };
}
