import { isAmount, isCurrency, type Amount, type Currency } from './currency.ts';
import { invalid } from './errors.ts';
import { nfc, nfcList } from './nfc.ts';
import { shown } from './shown.ts';

/** What the visitor is looking for, by the names that the schema's features refer to. */
export type Preferences = Readonly<
  Record<string, string | number | readonly string[] | Range | Amount>
>;
/** A preferred range; both bounds are inclusive. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** Of what is compared with prices, where it is not that of the request; what is ranked by has none, as it was converted. */
  readonly currency?: Currency;
}

/**
 * @param what names the field in errors.
 * @throws ApiError 400 naming the entry and what is expected. Entries that are null are left out.
 */
// Object.fromEntries keeps an entry named __proto__ as an entry; an assignment would change the prototype.
export function parsePreferences(value: unknown, what: string): Preferences {
  const entries = entriesOf(what, value).filter(([name, v]) => {
    const fits =
      typeof v === 'string' ||
      Number.isFinite(v) ||
      (Array.isArray(v) && v.length <= 256 && v.every((s) => typeof s === 'string')) ||
      isRange(v) ||
      isAmount(v);
    if (!fits && v !== null) {
      throw invalid(
        `${what}.${name.slice(0, 80)} must be text, a finite number, a list of texts, {min, max} or {amount, currency}, but was ${shown(v)}`,
      );
    }
    if (isRange(v) && v.min !== undefined && v.max !== undefined && v.min > v.max) {
      throw invalid(`${what}.${name} must not have a min (${v.min}) above its max (${v.max})`);
    }
    return fits;
  });
  normaliseTexts(entries);
  return Object.fromEntries(entries) as Preferences;
}

/** Brings names and texts into Unicode normal form C, in which the catalogue and the schema are. */
export function normaliseTexts(entries: [string, unknown][]): void {
  for (const entry of entries) {
    const [name, value] = entry;
    entry[0] = nfc(name);
    if (typeof value === 'string') entry[1] = nfc(value);
    else if (Array.isArray(value)) entry[1] = nfcList(value as string[]);
  }
}

function isRange(value: unknown): value is Range {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { min, max, currency, ...rest } = value as Record<string, unknown>;
  const bound = (v: unknown) => v === undefined || Number.isFinite(v);
  return (
    bound(min) &&
    bound(max) &&
    (currency === undefined || isCurrency(currency)) &&
    Object.keys(rest).length === 0
  );
}

/** The entries of an object that comes in. @throws ApiError 400 for anything else, and for more than 64. */
export function entriesOf(field: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${field} must be an object, but was ${shown(value)}`);
  }
  const entries = Object.entries(value);
  if (entries.length > 64)
    throw invalid(`${field} may have at most 64 entries, but had ${entries.length}`);
  return entries;
}
