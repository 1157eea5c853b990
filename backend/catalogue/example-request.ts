import type { Item } from '../../shared/domain/item.ts';
import type { Preferences } from '../../shared/domain/preferences.ts';
import { own } from '../../shared/domain/own.ts';
import { isMoment, parseMoment } from '../../shared/domain/moment.ts';
import { numberFromText } from '../../shared/domain/number-text.ts';
import type { FeatureSpec } from '../../shared/features/kinds/index.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { roundUp } from './propose/round-numbers.ts';

/** So many wishes show what a request is like, and can still be read. */
const MOST_WISHES = 5;
const MOST_OF_A_SET = 2;

interface Wish {
  readonly name: string;
  readonly value: Preferences[string];
}

/**
 * Preferences that items of a catalogue meet, by what the schema's features read: those of one item that has much of it and that
 * no filter leaves out. Empty where no feature reads any.
 */
export function examplePreferences(
  schema: Schema,
  items: readonly Item[],
  nowMs: number,
): Preferences {
  const wishesOf = (item: Item) => [
    ...new Map(
      schema.features
        .flatMap((spec) => wishes(schema, spec, item))
        .map((wish) => [wish.name, wish]),
    ).values(),
  ];
  const shown = items.filter((item) => isShown(schema, item, nowMs));
  const best = (shown.length > 0 ? shown : items).reduce<readonly Wish[]>((most, item) => {
    const found = wishesOf(item);
    return found.length > most.length ? found : most;
  }, []);
  return Object.fromEntries(best.slice(0, MOST_WISHES).map(({ name, value }) => [name, value]));
}

const isShown = ({ filters }: Schema, { attributes }: Item, nowMs: number): boolean =>
  filters.every((filter) => {
    const value = own(attributes, filter.column);
    if ('exclude' in filter) return !filter.exclude.includes(String(value));
    return value === undefined || value === null || momentOf(value) >= nowMs;
  });

/** Without the dust of binary fractions. */
const exact = (value: number): number => Number(value.toPrecision(12));

/** Of a length, a price or a count nobody wishes less than none. */
function rangeAround(
  number: number,
  { within }: Extract<FeatureSpec, { kind: 'range-distance' }>,
): { readonly min: number; readonly max: number } {
  const step = within[1] ?? within[0];
  const min = exact(number - step);
  return { min: number < 0 ? min : Math.max(0, min), max: exact(number + step) };
}

function momentOf(value: unknown): number {
  try {
    return parseMoment(value, 'a date');
  } catch {
    return Number.NaN;
  }
}

function wishes(schema: Schema, spec: FeatureSpec, { attributes }: Item): Wish[] {
  const wish = (name: string, value: Preferences[string] | undefined): Wish[] =>
    value === undefined ? [] : [{ name, value }];
  const textOf = (name: string): string | undefined => {
    const value = own(attributes, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const numberOf = (name: string): number | undefined => {
    const value = own(attributes, name);
    const number = typeof value === 'string' ? numberFromText(value) : value;
    return typeof number === 'number' && Number.isFinite(number) && !isMoment(number)
      ? number
      : undefined;
  };
  switch (spec.kind) {
    case 'set-overlap': {
      const value = own(attributes, spec.column);
      const texts = Array.isArray(value) ? (value as string[]) : [textOf(spec.column) ?? ''];
      const wanted = texts.filter((text) => text !== '').slice(0, MOST_OF_A_SET);
      return wish(spec.preference, wanted.length === 0 ? undefined : wanted);
    }
    case 'hierarchy': {
      const from = schema.columns.find(({ name }) => name === spec.column)?.from ?? [spec.column];
      return spec.preferences.flatMap((name, level) => {
        const text = textOf(from[level]);
        return wish(name, text === undefined ? undefined : [text]);
      });
    }
    case 'ordinal-distance':
      return spec.levels === undefined
        ? wish(spec.preference, numberOf(spec.column))
        : wish(
            spec.preference,
            spec.levels.find((level) => level === textOf(spec.column)),
          );
    case 'range-distance': {
      const number = numberOf(spec.column);
      return wish(spec.preference, number === undefined ? undefined : rangeAround(number, spec));
    }
    case 'price-to-budget': {
      const price = numberOf(spec.column);
      return wish(spec.preference, price === undefined || price <= 0 ? undefined : roundUp(price));
    }
    default:
      return [];
  }
}
