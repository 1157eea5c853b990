import type { Codes, ItemTable } from '../../../shared/features/columns/item-table.ts';

/**
 * A group of columns that are read together: each combination of their codes that occurs has one joined code. Built
 * once per snapshot, so that a request reads fewer tables per row.
 */
export interface JoinedColumns {
  /** Indexes of the columns in the table. */
  readonly columns: readonly number[];
  /** Joined code of each row. */
  readonly codes: Codes;
  /** Number of joined codes. */
  readonly size: number;
  /** `members[i][joined code]` = code of `columns[i]`. */
  readonly members: readonly Codes[];
  /** The rows that have a joined code, in ascending order: `rows[starts[code] .. starts[code + 1]]`. */
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
}

type Group = Omit<JoinedColumns, 'rows' | 'starts'>;

/**
 * Joins columns, starting with the smallest dictionaries, as long as a group has far fewer joined codes than there
 * are rows.
 */
export function joinColumns(table: ItemTable): JoinedColumns[] {
  const limit = Math.max(64, Math.min(16_384, table.ids.length >> 3));
  let groups = table.columns
    .map((column, index) => single(index, column.codes, column.values.length))
    .toSorted((a, b) => a.size - b.size);
  for (let i = 0; i + 1 < groups.length;) {
    const joined = join(groups[i], groups[i + 1], limit);
    if (joined === undefined) i++;
    else groups = [...groups.slice(0, i), joined, ...groups.slice(i + 2)];
  }
  return groups.map(withRows);
}

/** A group without columns in which every row has its own code, for units that no column determines. */
export function eachRow(table: ItemTable): JoinedColumns {
  const codes = Uint32Array.from(table.ids, (_, row) => row);
  return withRows({ columns: [], codes, size: codes.length, members: [] });
}

function single(column: number, codes: Codes, size: number): Group {
  const same = Uint32Array.from({ length: size }, (_, code) => code);
  return { columns: [column], codes, size, members: [same] };
}

/** @returns undefined if more than `limit` combinations of codes occur. */
function join(a: Group, b: Group, limit: number): Group | undefined {
  const codeOf = new Map<number, number>();
  const pairs: [number, number][] = [];
  const codes = new Uint16Array(a.codes.length);
  for (let row = 0; row < codes.length; row++) {
    const [x, y] = [a.codes[row], b.codes[row]];
    const key = x * b.size + y;
    let code = codeOf.get(key);
    if (code === undefined) {
      code = pairs.length;
      if (code >= limit) return undefined;
      codeOf.set(key, code);
      pairs.push([x, y]);
    }
    codes[row] = code;
  }
  const members = [
    ...a.members.map((own) => Uint32Array.from(pairs, ([x]) => own[x])),
    ...b.members.map((own) => Uint32Array.from(pairs, ([, y]) => own[y])),
  ];
  return { columns: [...a.columns, ...b.columns], codes, size: pairs.length, members };
}

/** Adds the rows sorted by code (a counting sort). */
function withRows(group: Group): JoinedColumns {
  const starts = new Uint32Array(group.size + 1);
  for (const code of group.codes) starts[code + 1]++;
  for (let code = 0; code < group.size; code++) starts[code + 1] += starts[code];
  const next = starts.slice();
  const rows = new Uint32Array(group.codes.length);
  for (let row = 0; row < rows.length; row++) rows[next[group.codes[row]]++] = row;
  return { ...group, rows, starts };
}
