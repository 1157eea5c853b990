import { newest } from '../memory/newest.ts';
import { parseCurrency, type Currency } from './currency.ts';
import { invalid } from './errors.ts';
import { nearest } from './nearest.ts';
import { nfc } from './nfc.ts';
import { shown } from './shown.ts';

/**
 * Which items may be shown, by what the catalogue says of them: conditions on columns, joined by `all`, `any` and `not`. An item whose
 * value is missing fulfils no condition but `known: false`, and so does fulfil the `not` of any other.
 */
export type Filter =
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter }
  | Condition;

export type Condition =
  | ({ readonly column: string; readonly in: readonly FilterValue[] } & InCurrency)
  | { readonly column: string; readonly allOf: readonly string[] }
  | ({ readonly column: string } & Bounds & InCurrency)
  | { readonly column: string; readonly known: boolean }
  | { readonly columns: readonly [lat: string, lon: string]; readonly within: Circle };

export type FilterValue = string | number;

/** Of prices: the currency of the values, where it is not that of the request. What is ranked by has none, as it was converted. */
interface InCurrency {
  readonly currency?: Currency;
}

/** Both are inclusive, and one may be absent. A number, or of a date a moment as it is read anywhere else; a day as `to` is that whole day. */
export interface Bounds {
  readonly from?: FilterValue;
  readonly to?: FilterValue;
}

/** What lies within so many kilometres of a place. */
export interface Circle {
  /** Degrees, −90 to 90. */
  readonly lat: number;
  /** Degrees, −180 to 180. */
  readonly lon: number;
  readonly km: number;
}

/** What a filter may have at most, so that it costs little to apply and to log. */
export const FILTER_LIMITS = {
  /** Conditions, and `all`, `any` and `not` around them. */
  nodes: 64,
  depth: 8,
  /** Of all conditions together. */
  values: 1000,
  /** Of one text. */
  textCharacters: 256,
  /** Of the whole as JSON. */
  characters: 16_384,
} as const;

/** Half way round the earth. */
const MOST_KM = 20_040;

/**
 * Reads a filter into one form: texts normalised, values sorted and each once, fields in one order. A filter that was read reads as
 * itself. What its columns are, only the schema knows (`score/filter/filter-rows.ts`).
 * @param path names it in errors.
 * @throws ApiError 400 naming the path of the part that is wrong, such as `filters.all[1].from`.
 */
export function parseFilter(value: unknown, path = 'filters'): Filter {
  const filter = new FilterReader().read(value, path, 1);
  const { length } = JSON.stringify(filter);
  if (length <= FILTER_LIMITS.characters) return filter;
  throw invalid(
    `${path} may have at most ${FILTER_LIMITS.characters} characters as JSON, but had ${length}`,
  );
}

/** The fields that say what a part is, each with those that may stand beside it. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  all: ['all'],
  any: ['any'],
  not: ['not'],
  within: ['columns', 'within'],
  in: ['column', 'in', 'currency'],
  allOf: ['column', 'allOf'],
  known: ['column', 'known'],
  from: ['column', 'from', 'to', 'currency'],
  to: ['column', 'from', 'to', 'currency'],
};
const FIELDS = [...new Set(Object.values(FORMS).flat())];
const EXPECTED =
  '{all: […]}, {any: […]}, {not: …}, {column, in: […]}, {column, allOf: […]}, {column, from, to}, {column, known} or {columns: [lat, lon], within: {lat, lon, km}}';

class FilterReader {
  #nodes = 0;
  #values = 0;

  constructor() {
    newest.filter = this;
  }

  read(value: unknown, path: string, depth: number): Filter {
    const { nodes, depth: deepest } = FILTER_LIMITS;
    if (depth > deepest) throw invalid(`${path}: filters may be at most ${deepest} levels deep`);
    if (++this.#nodes > nodes)
      throw invalid(`${path}: filters may have at most ${nodes} conditions, all, any and not`);
    const raw = objectOf(value, path, EXPECTED);
    const form = formOf(raw, path);
    if (form === 'all' || form === 'any') {
      const parts = listOf(raw[form], `${path}.${form}`).map((part, i) =>
        this.read(part, `${path}.${form}[${i}]`, depth + 1),
      );
      return form === 'all' ? { all: parts } : { any: parts };
    }
    if (form === 'not') return { not: this.read(raw.not, `${path}.not`, depth + 1) };
    if (form === 'within') return placeOf(raw, path);
    const column = nameOf(raw.column, `${path}.column`);
    const currency = currencyIn(raw, path);
    if (form === 'in') return { column, in: this.#valuesOf(raw.in, `${path}.in`), ...currency };
    if (form === 'allOf') return { column, allOf: this.#textsOf(raw.allOf, `${path}.allOf`) };
    if (form === 'known') return { column, known: flagOf(raw.known, `${path}.known`) };
    return { column, ...boundsOf(raw, path), ...currency };
  }

  #valuesOf(value: unknown, path: string): FilterValue[] {
    const list = listOf(value, path);
    this.#count(list, path);
    return unique(list.map((one, i) => valueOf(one, `${path}[${i}]`)));
  }

  #textsOf(value: unknown, path: string): string[] {
    const list = listOf(value, path);
    this.#count(list, path);
    return unique(list.map((one, i) => textOf(one, `${path}[${i}]`)));
  }

  #count({ length }: readonly unknown[], path: string): void {
    this.#values += length;
    if (this.#values > FILTER_LIMITS.values)
      throw invalid(`${path}: filters may have at most ${FILTER_LIMITS.values} values in all`);
  }
}

const currencyIn = ({ currency }: Readonly<Record<string, unknown>>, path: string): InCurrency =>
  currency === undefined ? {} : { currency: parseCurrency(currency, `${path}.currency`) };

function objectOf(value: unknown, path: string, expected: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(`${path} must be ${expected}, but was ${shown(value)}`);
}

/** Unlike elsewhere any field that is not known is refused: what is left out of a filter shows items that must not be seen. */
function formOf(raw: Readonly<Record<string, unknown>>, path: string): string {
  const fields = Object.keys(raw);
  const form = Object.keys(FORMS).find((name) => fields.includes(name));
  if (form === undefined && fields.every((name) => FIELDS.includes(name)))
    throw invalid(`${path} must be ${EXPECTED}, but was ${shown(raw)}`);
  const allowed = form === undefined ? FIELDS : FORMS[form];
  const other = fields.find((name) => !allowed.includes(name));
  if (other === undefined) return form!;
  const name = other.slice(0, 64);
  const meant = FIELDS.includes(other) ? undefined : nearest(name, FIELDS);
  throw invalid(
    meant === undefined
      ? `${path} must be ${EXPECTED}, and has no place for "${name}"`
      : `${path} has no field "${name}": did you mean "${meant}"?`,
  );
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw invalid(`${path} must be a list that is not empty, but was ${shown(value)}`);
}

function textOf(value: unknown, path: string): string {
  const { textCharacters: most } = FILTER_LIMITS;
  if (typeof value === 'string' && value !== '' && value.length <= most) return nfc(value);
  throw invalid(`${path} must be a text of 1 to ${most} characters, but was ${shown(value)}`);
}

/** The name of a column, or of an attribute that a path is made of. */
function nameOf(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= FILTER_LIMITS.textCharacters)
    return nfc(value);
  throw invalid(`${path} must be the name of a column, but was ${shown(value)}`);
}

function numberOf(value: unknown, path: string, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value + 0;
  throw invalid(`${path} must be a number from ${least} to ${most}, but was ${shown(value)}`);
}

function flagOf(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(`${path} must be true or false, but was ${shown(value)}`);
}

/** Categories are texts, so that true is "true" of them. */
function valueOf(value: unknown, path: string): FilterValue {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  if (typeof value === 'string') return textOf(value, path);
  throw invalid(`${path} must be a text or a finite number, but was ${shown(value)}`);
}

function unique<T extends FilterValue>(values: readonly T[]): T[] {
  const rank = (value: T) => (typeof value === 'number' ? 0 : 1);
  return [...new Set(values)].toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function boundsOf(raw: Readonly<Record<string, unknown>>, path: string): Bounds {
  const bound = (name: 'from' | 'to') =>
    raw[name] === undefined ? {} : { [name]: boundOf(raw[name], `${path}.${name}`) };
  const bounds: Bounds = { ...bound('from'), ...bound('to') };
  const { from, to } = bounds;
  if (typeof from !== 'number' || typeof to !== 'number' || from <= to) return bounds;
  throw invalid(`${path} must not have a from (${from}) above its to (${to})`);
}

function boundOf(value: unknown, path: string): FilterValue {
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  if (typeof value === 'string') return textOf(value, path);
  throw invalid(`${path} must be a finite number or a date, but was ${shown(value)}`);
}

function placeOf(raw: Readonly<Record<string, unknown>>, path: string): Filter {
  const { columns } = raw;
  if (!Array.isArray(columns) || columns.length !== 2)
    throw invalid(
      `${path}.columns must be the two columns that hold latitude and longitude, but was ${shown(columns)}`,
    );
  const [lat, lon] = columns.map((name, i) => nameOf(name, `${path}.columns[${i}]`));
  const circle = objectOf(raw.within, `${path}.within`, '{lat, lon, km}');
  const other = Object.keys(circle).find((name) => !['lat', 'lon', 'km'].includes(name));
  if (other !== undefined)
    throw invalid(
      `${path}.within must be {lat, lon, km}, and has no place for "${other.slice(0, 64)}"`,
    );
  return {
    columns: [lat, lon],
    within: {
      lat: numberOf(circle.lat, `${path}.within.lat`, -90, 90),
      lon: numberOf(circle.lon, `${path}.within.lon`, -180, 180),
      km: numberOf(circle.km, `${path}.within.km`, 0, MOST_KM),
    },
  };
}
