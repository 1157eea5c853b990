import { readCsv } from './read-csv.ts';

/** Open Bandit Dataset rows (Saito et al., NeurIPS 2021): one recommended item at one of three positions each. */
export interface OpenBanditLog {
  readonly rows: number;
  readonly actions: number;
  readonly positions: number;
  readonly action: Uint32Array;
  /** 0-based, left to right. */
  readonly position: Uint32Array;
  readonly click: Float64Array;
  readonly pscore: Float64Array;
  /** The four hashed user features, each numbered by first appearance; one column per feature. */
  readonly user: readonly { readonly size: number; readonly codes: Uint32Array }[];
}

const COLUMNS = ['timestamp', 'item_id', 'position', 'click', 'propensity_score'] as const;
const USER = ['user_feature_0', 'user_feature_1', 'user_feature_2', 'user_feature_3'] as const;

/** Reads a `.csv` or `.csv.gz`, in time order. @throws ApiError naming the file and a missing column. */
export function readOpenBandit(file: string): OpenBanditLog {
  const rows = readCsv(file, [...COLUMNS, ...USER]);
  rows.sort((a, b) => (a.timestamp < b.timestamp ? -1 : Number(a.timestamp > b.timestamp)));
  const action = Uint32Array.from(rows, (row) => Number(row.item_id));
  const shown = Uint32Array.from(rows, (row) => Number(row.position));
  const distinct = [...new Set(shown)].toSorted((a, b) => a - b);
  return {
    rows: rows.length,
    actions: action.reduce((max, id) => Math.max(max, id), 0) + 1,
    positions: distinct.length,
    action,
    position: shown.map((position) => distinct.indexOf(position)),
    click: Float64Array.from(rows, (row) => Number(row.click)),
    pscore: Float64Array.from(rows, (row) => Number(row.propensity_score)),
    user: USER.map((column) => numbered(rows.map((row) => row[column]))),
  };
}

function numbered(values: readonly string[]): { size: number; codes: Uint32Array } {
  const ids = new Map<string, number>();
  const codes = Uint32Array.from(values, (value) => {
    if (!ids.has(value)) ids.set(value, ids.size);
    return ids.get(value)!;
  });
  return { size: ids.size, codes };
}

/** The share of each action at each position: `actions × positions`, where each position sums to 1. */
export function actionShares({
  rows,
  actions,
  positions,
  action,
  position,
}: OpenBanditLog): Float64Array {
  const counts = new Float64Array(actions * positions);
  const totals = new Float64Array(positions);
  for (let row = 0; row < rows; row++) {
    counts[action[row] * positions + position[row]]++;
    totals[position[row]]++;
  }
  return counts.map((count, cell) => count / totals[cell % positions]);
}
