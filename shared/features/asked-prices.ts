import { converted, type ExchangeRates } from '../domain/exchange-rates.ts';
import { isAmount, type Currency } from '../domain/currency.ts';
import { ApiError, invalid } from '../domain/errors.ts';
import type { Filter } from '../domain/filter.ts';
import { mapped } from '../domain/mapped.ts';
import type { Preferences, Range } from '../domain/preferences.ts';
import type { SlateRules } from '../domain/slate-rules.ts';
import type { VisitorHistory } from '../domain/visitor-history.ts';
import { currencyOf, isPrice } from './columns/in-one-currency.ts';
import type { Schema } from './schema.ts';

/** In which currency amounts of a request are, and how they become those of the schema. */
export interface AskedIn {
  /** Of amounts that name none; undefined: that of the schema. */
  readonly currency: Currency | undefined;
  readonly rates: ExchangeRates | undefined;
}

/** Preferences that features compare with prices, and columns of prices, by schema. */
interface OfPrices {
  readonly currency: Currency | undefined;
  readonly preferences: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
}

const known = new WeakMap<Pick<Schema, 'columns' | 'features'>, OfPrices>();

function ofPrices(schema: Pick<Schema, 'columns' | 'features'>): OfPrices {
  let found = known.get(schema);
  if (found === undefined) {
    const columns = new Set(schema.columns.filter(isPrice).map(({ name }) => name));
    const preferences = schema.features.flatMap((spec) =>
      'preference' in spec && 'column' in spec && columns.has(spec.column ?? '')
        ? [spec.preference]
        : [],
    );
    found = { currency: currencyOf(schema), preferences: new Set(preferences), columns };
    known.set(schema, found);
  }
  return found;
}

/**
 * Amounts of requests in the currency of a schema. What has a currency and is compared with no price is refused: left as it is, it
 * would be read as a number of something else.
 */
export class AskedPrices {
  readonly #prices: OfPrices;
  readonly #askedIn: AskedIn;

  constructor(schema: Pick<Schema, 'columns' | 'features'>, askedIn: AskedIn) {
    this.#prices = ofPrices(schema);
    this.#askedIn = askedIn;
  }

  /** @throws ApiError 400 naming the preference whose currency is not known. */
  preferences(given: Preferences, path: string): Preferences {
    let changed: Record<string, Preferences[string]> | undefined;
    for (const [name, value] of Object.entries(given)) {
      const now = this.#preference(name, value, `${path}.${name.slice(0, 80)}`);
      if (now === value) continue;
      changed ??= { ...given };
      changed[name] = now;
    }
    return changed ?? given;
  }

  /**
   * The same of past searches. What cannot be converted is left out and never refused: a browser remembers it for a year, whatever becomes of
   * rates and schema, and its visitor would see no ranking as long.
   */
  history(given: VisitorHistory): VisitorHistory {
    const searches = mapped(given.searches, (search) => {
      const preferences = this.#remembered(search.preferences);
      return preferences === search.preferences ? search : { ...search, preferences };
    });
    return searches === given.searches ? given : { ...given, searches };
  }

  #remembered(given: Preferences): Preferences {
    const kept = Object.entries(given).flatMap(([name, value]) => {
      try {
        return [[name, this.#preference(name, value, name)] as const];
      } catch (error) {
        if (error instanceof ApiError) return [];
        throw error;
      }
    });
    const isSame =
      kept.length === Object.keys(given).length &&
      kept.every(([name, value]) => value === given[name]);
    return isSame ? given : Object.fromEntries(kept);
  }

  /** The same of the conditions of rules. */
  rules(given: SlateRules, path: string): SlateRules {
    const asked = <T extends { readonly where?: Filter }>(
      kind: 'quotas' | 'boosts',
      list: readonly T[] | undefined,
    ) =>
      list &&
      mapped(list, (rule, i) => {
        if (rule.where === undefined) return rule;
        const where = this.filter(rule.where, `${path}.${kind}[${i}].where`);
        return where === rule.where ? rule : { ...rule, where };
      });
    const quotas = asked('quotas', given.quotas);
    const boosts = asked('boosts', given.boosts);
    if (quotas === given.quotas && boosts === given.boosts) return given;
    return { ...given, ...(quotas && { quotas }), ...(boosts && { boosts }) };
  }

  /** @throws ApiError 400 naming the condition whose currency is not known, or whose column is none of prices. */
  filter(filter: Filter, path: string): Filter {
    if ('all' in filter) return this.#parts(filter.all, `${path}.all`, filter, 'all');
    if ('any' in filter) return this.#parts(filter.any, `${path}.any`, filter, 'any');
    if ('not' in filter) {
      const not = this.filter(filter.not, `${path}.not`);
      return not === filter.not ? filter : { not };
    }
    if (!('column' in filter) || 'known' in filter || 'allOf' in filter) return filter;
    const { currency: own, ...condition } = filter;
    const isOfPrice = this.#prices.columns.has(filter.column);
    if (own !== undefined && !isOfPrice) throw noPrice(path, `column "${filter.column}"`);
    const currency = own ?? this.#askedIn.currency;
    if (!isOfPrice || currency === undefined) return filter;
    const convert = <T>(value: T) =>
      typeof value === 'number' ? this.#amount(value, currency, `${path}.currency`) : value;
    if ('in' in condition) return { ...condition, in: condition.in.map(convert) };
    const { column, from, to } = condition;
    return {
      column,
      ...(from !== undefined && { from: convert(from) }),
      ...(to !== undefined && { to: convert(to) }),
    };
  }

  #parts(parts: readonly Filter[], path: string, whole: Filter, form: 'all' | 'any'): Filter {
    const now = mapped(parts, (part, i) => this.filter(part, `${path}[${i}]`));
    if (now === parts) return whole;
    return form === 'all' ? { all: now } : { any: now };
  }

  #preference(name: string, value: Preferences[string], path: string): Preferences[string] {
    if (typeof value === 'string' || Array.isArray(value)) return value;
    const isOfPrice = this.#prices.preferences.has(name);
    if (typeof value === 'number') {
      const { currency } = this.#askedIn;
      return isOfPrice && currency !== undefined
        ? this.#amount(value, currency, 'currency')
        : value;
    }
    if (isAmount(value)) {
      if (!isOfPrice) throw noPrice(path, `preference "${name.slice(0, 80)}"`);
      return this.#amount(value.amount, value.currency, `${path}.currency`);
    }
    const { currency: own, ...range } = value as Range;
    if (own !== undefined && !isOfPrice) throw noPrice(path, `preference "${name.slice(0, 80)}"`);
    const currency = own ?? this.#askedIn.currency;
    if (!isOfPrice || currency === undefined) return value;
    const where = own === undefined ? 'currency' : `${path}.currency`;
    const bound = (which: 'min' | 'max') => {
      const given = range[which];
      return given === undefined ? {} : { [which]: this.#amount(given, currency, where) };
    };
    return { ...bound('min'), ...bound('max') };
  }

  #amount(amount: number, currency: Currency, path: string): number {
    const to = this.#prices.currency!;
    const { rates } = this.#askedIn;
    const worth = converted({ amount, currency }, to, rates);
    if (worth !== undefined) return worth;
    throw unknownCurrency(path, currency, to, rates);
  }
}

const noPrice = (path: string, what: string) =>
  invalid(`${path} has a currency, and ${what} is none of prices in the live schema`);

/** An error that says which currencies there are. */
export function unknownCurrency(
  path: string,
  currency: Currency,
  own: Currency,
  rates: ExchangeRates | undefined,
): Error {
  const all =
    rates === undefined ? [own] : [...new Set([own, rates.base, ...Object.keys(rates.perBase)])];
  const listed = all.toSorted();
  return invalid(
    `${path}: there is no exchange rate of ${currency} to ${own}: take one of ${listed.slice(0, 40).join(', ')}${listed.length > 40 ? ', …' : ''}`,
  );
}
