import { own } from '../domain/own.ts';
import { nearest } from '../domain/nearest.ts';
import type { Preferences } from '../domain/rank-request.ts';
import type { Column, ItemTable } from './columns/item-table.ts';
import { codesWith, entriesOf } from './columns/codes-with-entry.ts';
import type { FeatureSpec } from './kinds/index.ts';
import { numberOf, preferredTexts } from './kinds/preference.ts';
import type { Schema } from './schema.ts';

/** What a feature reads of the preferences. */
type Wish = { readonly name: string } & (
  | { readonly takes: 'texts'; readonly column: string; readonly level: number }
  | { readonly takes: 'level'; readonly levels: readonly string[] }
  | { readonly takes: 'number' | 'range' | 'budget' }
);

function wishesOf(spec: FeatureSpec): readonly Wish[] {
  switch (spec.kind) {
    case 'set-overlap':
      return [{ name: spec.preference, takes: 'texts', column: spec.column, level: 0 }];
    case 'hierarchy':
      return spec.preferences.map((name, level) => ({
        name,
        takes: 'texts',
        column: spec.column,
        level,
      }));
    case 'ordinal-distance':
      return spec.levels === undefined
        ? [{ name: spec.preference, takes: 'number' }]
        : [{ name: spec.preference, takes: 'level', levels: spec.levels }];
    case 'range-distance':
      return [{ name: spec.preference, takes: 'range' }];
    case 'price-to-budget':
      return [{ name: spec.preference, takes: 'budget' }];
    default:
      return [];
  }
}

const known = new WeakMap<Schema, ReadonlySet<string>>();

/** The names of all preferences that features of a schema read. */
export function preferenceNames(schema: Schema): ReadonlySet<string> {
  let names = known.get(schema);
  if (names === undefined) {
    names = new Set(schema.features.flatMap((spec) => wishesOf(spec).map(({ name }) => name)));
    known.set(schema, names);
  }
  return names;
}

/**
 * What of a visitor's preferences has no effect, one sentence each: names that no feature reads, forms that it does not take, and
 * values that no item has.
 * @param table the items that are ranked.
 */
export function notUnderstood(
  schema: Schema,
  table: ItemTable,
  preferences: Preferences,
): readonly string[] {
  const names = [...preferenceNames(schema)];
  const unknown = Object.keys(preferences)
    .filter((name) => !names.includes(name))
    .map(
      (name) =>
        `preferences.${shown(name)} has no effect: ${hint(name, names) ?? `schema ${schema.name} reads ${names.join(', ') || 'none'}`}`,
    );
  const misread = schema.features
    .flatMap(wishesOf)
    .flatMap((wish) => problemsOf(wish, table, own(preferences, wish.name)));
  return [...new Set([...unknown, ...misread])];
}

function problemsOf(
  wish: Wish,
  table: ItemTable,
  value: Preferences[string] | undefined,
): readonly string[] {
  if (value === undefined) return [];
  const wrong = (wanted: string) => [
    `preferences.${wish.name} has no effect: it must be ${wanted}, but was ${shown(JSON.stringify(value))}`,
  ];
  switch (wish.takes) {
    case 'texts': {
      if (typeof value !== 'string' && !Array.isArray(value))
        return wrong('a text or a list of texts');
      const column = table.columns.find(({ spec }) => spec.name === wish.column);
      return column === undefined ? [] : unknownValues(wish, column, preferredTexts(value));
    }
    case 'level':
      return wish.levels.includes(typeof value === 'number' ? String(value) : (value as string))
        ? []
        : wrong(`one of ${wish.levels.map(shown).join(', ')}`);
    case 'number':
      return Number.isNaN(numberOf(value)) ? wrong('a number') : [];
    case 'range':
      return typeof value === 'number' || isRange(value, ['min', 'max'])
        ? []
        : wrong('a number or {min, max}');
    case 'budget': {
      const most = isRange(value, ['max']) ? value.max : value;
      return typeof most === 'number' && most > 0 ? [] : wrong('a number above 0 or {max}');
    }
    default:
      throw wish satisfies never;
  }
}

const isRange = (
  value: Preferences[string],
  bounds: readonly ('min' | 'max')[],
): value is { readonly min?: number; readonly max?: number } =>
  typeof value === 'object' &&
  !Array.isArray(value) &&
  bounds.some((bound) => (value as { min?: number; max?: number })[bound] !== undefined);

/** Comparing with more takes longer than the hint is worth. */
const MOST_COMPARED = 2000;
/** So many values of one preference get a hint: each is compared with all that items have, and anybody may send hundreds. */
const MOST_HINTS = 3;

function unknownValues(
  { name, level }: { readonly name: string; readonly level: number },
  column: Column,
  wished: ReadonlySet<string>,
): string[] {
  const unknown = [...wished].filter((entry) => codesWith(column, entry, level).length === 0);
  if (unknown.length === 0) return [];
  const entries = entriesOf(column, level).filter((entry) => entry !== '');
  const hints = entries.length > MOST_COMPARED ? 0 : MOST_HINTS;
  return unknown.map((entry, i) => {
    const meant = i < hints ? hint(entry, entries) : undefined;
    return `preferences.${name}: no item that is ranked has "${shown(entry)}"${meant === undefined ? '' : `: ${meant}`}`;
  });
}

function hint(name: string, names: readonly string[]): string | undefined {
  const meant = nearest(name.slice(0, 64), names);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}

const shown = (text: string) => text.slice(0, 80);
