import type { ItemTable } from '../columns/item-table.ts';
import { rowsByCode } from '../columns/rows-by-code.ts';
import { needsColumn, needsMost } from './check.ts';
import {
  columnOf,
  keptPlan,
  MISSING,
  rowsPlan,
  STATIC,
  type BucketKind,
  type FeaturePlan,
  type PlanInput,
} from './kind.ts';

/**
 * The item's rank among the ranked items: by a number or date column (equal values share the better rank) or, without
 * a column, by the caller's order. The bucket is the rank; `most` stands for that rank and all later ones. `among`
 * restricts the items that are compared: `above` = only those above this one in the caller's order, `untouched` =
 * only those that were not touched in the session (a touched item is missing).
 */
export interface SlateRankSpec {
  readonly name: string;
  readonly kind: 'slate-rank';
  readonly column?: string;
  readonly order?: 'ascending' | 'descending';
  readonly among?: 'above' | 'untouched';
  readonly most: number;
}

export const slateRank: BucketKind<SlateRankSpec> = {
  check: (spec, input) =>
    (spec.column === undefined ? undefined : needsColumn(input, spec.column, ['number', 'date'])) ??
    ([undefined, spec.column === undefined ? 'untouched' : 'above'].includes(spec.among)
      ? undefined
      : 'among may be "above" with a column or "untouched" without one') ??
    ([undefined, 'ascending', 'descending'].includes(spec.order)
      ? undefined
      : 'order must be ascending or descending') ??
    needsMost(spec.most),
  size: (spec) => spec.most + 1,
  label(spec, bucket, { columns }) {
    const place = `${ordinal(bucket)}${bucket === spec.most ? ' or later' : ''}`;
    if (spec.column === undefined)
      return `${place} in the order given${spec.among === undefined ? '' : ', of the untouched'}`;
    const [low, high] = columns.some(({ name, type }) => name === spec.column && type === 'date')
      ? ['earliest', 'latest']
      : ['lowest', 'highest'];
    const first = spec.order === 'descending' ? high : low;
    return `${place} by ${spec.column}, ${first} first${spec.among === undefined ? '' : ', of those above'}`;
  },
  plan(spec, input) {
    const { table } = input;
    if (spec.column === undefined) {
      if (!table.ordered) return MISSING;
      return rankByOrder(input, spec);
    }
    const column = columnOf(input, spec.column);
    if (spec.among !== 'above')
      return keptPlan(input, table.columns[column], spec, STATIC, () =>
        rankByColumn(table, column, spec),
      );
    return table.ordered ? rankAmongAbove(table, column, spec) : MISSING;
  },
};

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? undefined : ['st', 'nd', 'rd'][(n % 10) - 1];
  return `${n}${suffix ?? 'th'}`;
}

/** Ranks depend only on the code, so rows per code and a running sum over the dictionary are enough. */
function rankByColumn(table: ItemTable, column: number, spec: SlateRankSpec): FeaturePlan {
  const { values } = table.columns[column];
  const counts = rowsByCode(table.columns[column]);
  const buckets = new Uint8Array(values.length);
  let ahead = 0;
  for (let step = 1; step < values.length; step++) {
    const code = spec.order === 'descending' ? values.length - step : step;
    buckets[code] = Math.min(ahead + 1, spec.most);
    ahead += counts[code];
  }
  return { from: 'column', column, buckets };
}

function rankByOrder({ table, visit }: PlanInput, { among, most }: SlateRankSpec): FeaturePlan {
  const touched = new Set(among === 'untouched' ? visit.recent.map(({ itemId }) => itemId) : []);
  let rank = 0;
  return rowsPlan(table, (row) => (touched.has(table.ids.at(row)!) ? 0 : Math.min(++rank, most)));
}

/** Codes are in the order of their values, so codes are compared. Quadratic time, but candidate lists are short. */
function rankAmongAbove(table: ItemTable, column: number, spec: SlateRankSpec): FeaturePlan {
  const { codes } = table.columns[column];
  return rowsPlan(table, (row) => {
    const own = codes[row];
    if (own === 0) return 0;
    let rank = 1;
    for (let above = 0; above < row && rank < spec.most; above++) {
      const rival = codes[above];
      if (rival !== 0 && (spec.order === 'descending' ? rival > own : rival < own)) rank++;
    }
    return rank;
  });
}
