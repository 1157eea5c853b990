import type { Codes, Column } from '../../features/columns/item-table.ts';
import { Kept } from '../../memory/kept.ts';
import { addAll, addRows, noRows, toggleRows, type RowBits } from './row-bits.ts';

/**
 * Which rows of a column have certain codes. Of large tables what is asked for is kept, for as long as the column is, so that a filter
 * reads no code: a table is filtered by the same themes and countries again and again, and bounds on prices differ only a little.
 * Columns that nobody filters by keep nothing.
 */
export function codeRows(column: Column): CodeRows {
  let rows = known.get(column);
  if (rows === undefined) known.set(column, (rows = new CodeRows(column)));
  return rows;
}

const known = new WeakMap<Column, CodeRows>();

/** Up to so many rows, reading all codes takes no longer than to keep anything: those of candidates live for one request. */
const FEW_ROWS = 4096;
/** Up to so many different values, rows below a code are kept for each code that is asked for. */
const FEW_VALUES = 48;
/** Otherwise they are kept at so many places of the order, and those from the nearest one on are toggled. */
const PLACES = 16;
/** Rows that are fewer than this share are kept as a list, which takes less than a bit for each row. */
const SPARSE = 1 / 32;

/**
 * So much is kept of sets, for each row: what the values of a category take together is 4 bytes. Anybody may ask for all values of a
 * column, and of a column with as many values as rows each would take far more than its one row.
 */
const SET_BYTES_PER_ROW = 16;
const ROW_BYTES = Uint32Array.BYTES_PER_ELEMENT;

export class CodeRows {
  readonly #codes: Codes;
  readonly #values: number;
  readonly #count: number;
  readonly #sets: Kept<{ readonly list?: Uint32Array; readonly bits?: RowBits }>;
  readonly #below = new Map<number, RowBits>();
  #order: CodeOrder | undefined;

  constructor({ codes, values }: Column) {
    this.#codes = codes;
    this.#values = values.length;
    this.#count = codes.length;
    this.#sets = new Kept(codes.length * SET_BYTES_PER_ROW);
  }

  /** About what is kept of sets. */
  get setBytes(): number {
    return this.#sets.sizeBytes;
  }

  /**
   * Adds the rows with some codes.
   * @param key names them. @param codesOf is called where they are not kept.
   */
  addSet(to: RowBits, key: string, codesOf: () => readonly number[]): void {
    let kept = this.#sets.get(key);
    if (kept === undefined) {
      const codes = codesOf();
      // Anybody may ask for values that no row has, and for new ones each time: nothing is kept of them.
      if (codes.length === 0) return;
      const rows = this.#rowsWith(codes);
      if (this.#count <= FEW_ROWS) return addRows(to, rows);
      kept = { list: rows };
      if (rows.length > this.#count * SPARSE) {
        const bits = noRows(this.#count);
        addRows(bits, rows);
        kept = { bits };
      }
      this.#sets.set(key, kept, ROW_BYTES * (kept.list ?? kept.bits!).length);
    }
    const { list, bits } = kept;
    if (list !== undefined) addRows(to, list);
    else addAll(to, bits!);
  }

  /** Those with a code from `from` up to, and without, `end`. */
  range(from: number, end: number): RowBits {
    if (end <= from) return noRows(this.#count);
    if (this.#count <= FEW_ROWS) return this.#scan(from, end);
    if (this.#values > FEW_VALUES) return this.#inOrder().range(from, end);
    const bits = this.#keptBelow(end).slice();
    const below = this.#keptBelow(from);
    for (let i = 0; i < bits.length; i++) bits[i] ^= below[i];
    return bits;
  }

  #rowsWith(codes: readonly number[]): Uint32Array {
    const has = new Uint8Array(this.#values);
    for (const code of codes) has[code] = 1;
    const rows = new Uint32Array(this.#count);
    let found = 0;
    for (let row = 0; row < this.#count; row++) {
      rows[found] = row;
      found += has[this.#codes[row]];
    }
    return rows.slice(0, found);
  }

  #scan(from: number, end: number): RowBits {
    const bits = noRows(this.#count);
    for (let row = 0; row < this.#count; row++) {
      const code = this.#codes[row];
      if (code >= from && code < end) bits[row >> 5] |= 1 << (row & 31);
    }
    return bits;
  }

  #keptBelow(code: number): RowBits {
    let bits = this.#below.get(code);
    if (bits === undefined) this.#below.set(code, (bits = this.#scan(0, code)));
    return bits;
  }

  #inOrder(): CodeOrder {
    return (this.#order ??= new CodeOrder(this.#codes, this.#values));
  }
}

/** Rows in order of their codes: 4 bytes per row, and 2 for the rows up to each of 16 places of it. */
class CodeOrder {
  readonly #rows: Uint32Array;
  /** By code, how many rows have a lower one. */
  readonly #starts: Uint32Array;
  /** The first `i · step` rows. */
  readonly #upTo: RowBits[];
  readonly #step: number;

  constructor(codes: Codes, values: number) {
    const starts = new Uint32Array(values + 1);
    for (let row = 0; row < codes.length; row++) starts[codes[row] + 1]++;
    for (let code = 0; code < values; code++) starts[code + 1] += starts[code];
    const next = starts.slice();
    const rows = new Uint32Array(codes.length);
    for (let row = 0; row < codes.length; row++) rows[next[codes[row]]++] = row;
    this.#step = Math.ceil(codes.length / PLACES);
    this.#upTo = [noRows(codes.length)];
    for (let from = 0; from < rows.length; from += this.#step) {
      const bits = this.#upTo.at(-1)!.slice();
      addRows(bits, rows.subarray(from, from + this.#step));
      this.#upTo.push(bits);
    }
    this.#rows = rows;
    this.#starts = starts;
  }

  range(from: number, end: number): RowBits {
    const [low, high] = [this.#starts[from], this.#starts[end]];
    const [below, above] = [low, high].map((at) =>
      Math.min(Math.round(at / this.#step), this.#upTo.length - 1),
    );
    const bits = this.#upTo[above].slice();
    if (below === above) bits.fill(0);
    else for (let i = 0, off = this.#upTo[below]; i < bits.length; i++) bits[i] ^= off[i];
    if (below === above) addRows(bits, this.#rows.subarray(low, high));
    else {
      this.#toggleBetween(bits, below, low);
      this.#toggleBetween(bits, above, high);
    }
    return bits;
  }

  #toggleBetween(bits: RowBits, place: number, at: number): void {
    const from = place * this.#step;
    toggleRows(bits, this.#rows.subarray(Math.min(from, at), Math.max(from, at)));
  }
}
