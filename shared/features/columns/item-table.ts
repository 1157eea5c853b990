import { priceOf, wrongOf, type Wrong } from './price.ts';
import { own } from '../../domain/own.ts';
import { shown } from '../../domain/shown.ts';
import { invalid } from '../../domain/errors.ts';
import { isMoment, parseMoment } from '../../domain/moment.ts';
import { numberFromText } from '../../domain/number-text.ts';
import { nfc } from '../../domain/nfc.ts';
import {
  isMissing,
  isNumbers,
  type Attributes,
  type AttributeValue,
  type Item,
} from '../../domain/item.ts';
import type { ItemId } from '../../domain/ids.ts';
import type { ItemIds } from './item-ids.ts';
import type { ColumnSpec } from './column-spec.ts';
import { readEmbedding } from './embedding.ts';

/** Codes of a column by row, in the narrowest array that holds them. */
export type Codes = Uint8Array | Uint16Array | Uint32Array;

/** A value in a column's dictionary: text, number (a date as epoch ms), set of texts, or path from the root. */
export type ColumnValue = string | number | readonly string[];

/**
 * One packed attribute. `codes[row]` is an index into the dictionary `values`; code 0 means missing, and `values[0]`
 * is never read. Dictionaries are sorted, so equal items give equal bytes and a range of numbers is a range of codes.
 */
export interface Column {
  readonly spec: ColumnSpec;
  readonly values: readonly ColumnValue[];
  readonly codes: Codes;
  /** True of what the log has taught of the items: it is no attribute of theirs, and no schema lists it as a column. */
  readonly isLearned?: true;
}

/** Items as columns of small integers: the whole catalogue, or the candidates of one request. */
export interface ItemTable {
  readonly ids: ItemIds;
  readonly columns: readonly Column[];
  /** True if the order of rows is the caller's order of candidates; false if it has no meaning. */
  readonly ordered: boolean;
}

/** A table whose ids are a list, as where it was just packed. */
export interface ListedTable extends ItemTable {
  readonly ids: readonly ItemId[];
}

/** @throws ApiError 400 naming the item and the attribute whose value does not fit its column. */
export function packItems(
  specs: readonly ColumnSpec[],
  items: readonly Item[],
  ordered = false,
): ListedTable {
  return {
    ids: items.map((item) => item.id),
    columns: specs.map((spec) => packColumn(spec, items)),
    ordered,
  };
}

const MISSING = 0;
const SEPARATOR = '\u001f';
/** What values are told apart and sorted by. */
export const keyOf = (value: ColumnValue): string | number =>
  Array.isArray(value) ? value.join(SEPARATOR) : (value as string | number);

function packColumn(spec: ColumnSpec, items: readonly Item[]): Column {
  const present = new Map<string | number, ColumnValue>();
  const keys = items.map((item) => {
    const value = readColumn(spec, item);
    if (value === undefined) return undefined;
    const key = keyOf(value);
    if (!present.has(key)) present.set(key, value);
    return key;
  });
  const sorted = [...present.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  const codeOf = new Map(sorted.map((key, index) => [key, index + 1]));
  const codes = codesFor(sorted.length + 1, items.length);
  keys.forEach((key, row) => (codes[row] = key === undefined ? MISSING : codeOf.get(key)!));
  return { spec, values: ['', ...sorted.map((key) => present.get(key)!)], codes };
}

/** Codes below `size` of so many rows, all missing yet. */
export function codesFor(size: number, rows: number): Codes {
  if (size <= 0x100) return new Uint8Array(rows);
  return size <= 0x1_0000 ? new Uint16Array(rows) : new Uint32Array(rows);
}

/** @throws ApiError 400 unless the values are of the column's type, sorted and distinct. */
export function checkDictionary(spec: ColumnSpec, values: readonly unknown[]): void {
  values.forEach((value, i) => {
    const fits =
      isColumnValue(spec, value) &&
      (i === 0 || keyOf(values[i - 1] as ColumnValue) < keyOf(value as ColumnValue));
    if (!fits) {
      throw invalid(`column ${spec.name}: value ${shown(value)} does not fit or is out of order`);
    }
  });
}

function isColumnValue({ type, from }: ColumnSpec, value: unknown): boolean {
  if (type === 'category') return typeof value === 'string';
  if (type === 'number' || type === 'date') return Number.isFinite(value);
  if (type === 'embedding') return false;
  const texts = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  return texts && (type === 'set' || value.length === (from?.length ?? 1));
}

/**
 * @throws ApiError 400 naming the attribute whose value does not fit its column, as `packItems` does; but a price may be in any
 * currency, as what it is worth is known only where it is published.
 */
export const checkItem = (specs: readonly ColumnSpec[], item: Item): void =>
  specs.forEach((spec) => {
    const value = spec.currency === undefined ? undefined : own(item.attributes, nfc(spec.name));
    if (isMissing(value)) readColumn(spec, item);
    else priceOf(spec, item, value);
  });

/** The attributes that a column is read from. */
export const namesOf = ({ name, from }: ColumnSpec): readonly string[] => (from ?? [name]).map(nfc);

/** @returns undefined if the attribute is missing. */
function readColumn(spec: ColumnSpec, item: Item): ColumnValue | undefined {
  const wrong = wrongOf(spec, item);
  if (spec.type === 'path') {
    // An unknown level is '', which no preference matches; the other levels still count.
    const parts = namesOf(spec).map((name) => own(item.attributes, name) ?? '');
    if (!parts.every(isEntry)) throw wrong(ENTRIES, parts);
    return parts.every((part) => part === '') ? undefined : (parts as string[]);
  }
  const value: AttributeValue | undefined = own(item.attributes, nfc(spec.name));
  if (isMissing(value)) return undefined;
  switch (spec.type) {
    case 'category':
      if (typeof value === 'object') throw wrong('text', value);
      return String(value);
    case 'set':
      if (typeof value !== 'object' && typeof value !== 'string') throw wrong(ENTRIES, value);
      if (isNumbers(value)) throw wrong(ENTRIES, value);
      return readSet(typeof value === 'string' ? [value] : value, wrong);
    case 'number': {
      if (spec.currency !== undefined) return readPrice(spec, item, value);
      const number = typeof value === 'string' ? numberFromText(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw wrong('a number', value);
      // Adding 0 turns −0 into 0: the two are equal and must be one dictionary entry.
      return number + 0;
    }
    case 'date':
      return parseMoment(value, `item ${item.id}: "${spec.name}"`);
    case 'embedding':
      if (readEmbedding(value, spec.dimensions!) === null)
        throw wrong(`${spec.dimensions} numbers that are not all 0`, value);
      // No ranking reads it: what items have in common is found where neighbours are.
      return undefined;
    default:
      throw spec.type satisfies never;
  }
}

/** @returns a price in the currency of its column: what is in another one was to be converted before (`inOneCurrency`). */
function readPrice(spec: ColumnSpec, item: Item, value: AttributeValue): number {
  const { amount, currency } = priceOf(spec, item, value);
  if (currency === spec.currency) return amount;
  throw wrongOf(spec, item)(
    `in ${spec.currency}, as there is no exchange rate of ${currency}`,
    value,
  );
}

const ENTRIES = 'texts without the separator U+001F';
const isEntry = (part: unknown) => typeof part === 'string' && !part.includes(SEPARATOR);

function readSet(entries: readonly string[], wrong: Wrong): readonly string[] | undefined {
  if (!entries.every(isEntry)) throw wrong(ENTRIES, entries);
  return entries.length === 0 ? undefined : [...new Set(entries)].toSorted();
}

/** The attributes of one row, in a form that `packItems` packs to the same codes; dates are epoch ms. */
export function attributesAt(table: ItemTable, row: number): Attributes {
  const out: Record<string, AttributeValue> = {};
  for (const column of table.columns) {
    const code = column.codes[row];
    if (code === MISSING || column.isLearned) continue;
    const value = column.values[code];
    // Packed before dates were checked: it means no moment, and would be refused when packed again.
    if (column.spec.type === 'date' && !isMoment(value as number)) continue;
    if (column.spec.type === 'path') {
      namesOf(column.spec).forEach((name, i) => {
        const part = (value as readonly string[])[i];
        if (part !== '') out[name] = part;
      });
    } else out[nfc(column.spec.name)] = value;
  }
  return out;
}
