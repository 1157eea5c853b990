import type { VisitorHistory } from '../domain/visitor-history.ts';
import type { Schema } from './schema.ts';

/**
 * What of a visitor's history the features of a schema read: all that a ranking depends on, and so all of it that is logged.
 * @returns undefined where they read nothing of it.
 */
export function historyRead(
  { features }: Schema,
  { items, searches }: VisitorHistory,
): VisitorHistory | undefined {
  const types = new Set<string>();
  const names = new Set<string>();
  for (const spec of features) {
    if (spec.kind === 'item-affinity') for (const type of spec.only) types.add(type);
    if (spec.kind === 'search-affinity') names.add(spec.preference);
  }
  const read: VisitorHistory = {
    items: items.filter(({ type }) => types.has(type)),
    searches: searches.flatMap(({ preferences, agoHours }) => {
      const wishes = Object.entries(preferences).filter(([name]) => names.has(name));
      return wishes.length === 0 ? [] : [{ preferences: Object.fromEntries(wishes), agoHours }];
    }),
  };
  return read.items.length + read.searches.length === 0 ? undefined : read;
}
