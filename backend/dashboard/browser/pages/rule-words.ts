import type { Filter, SlateRules } from '../../../http/answers.ts';

/** What slate rules ask, a line for each: `at most 3 of each country`. */
export const ruleWords = ({ caps, quotas, pins, boosts }: SlateRules): string[] => [
  ...(caps ?? []).map(({ column, most, collapse }) =>
    collapse === true
      ? `only the ${most === 1 ? 'best one' : `${most} best`} of each ${column} compete`
      : `at most ${most} of each ${column} on a page`,
  ),
  ...(quotas ?? []).map(
    ({ where, least, within }) =>
      `at least ${least} among the first ${within} with ${filterWords(where)}`,
  ),
  ...(pins ?? []).map(({ id, position }) => `${id} at position ${position}`),
  ...(boosts ?? []).map(
    ({ points, where, ids }) =>
      `${points > 0 ? '+' : '−'}${Math.abs(points)} points for ${where === undefined ? (ids ?? []).join(', ') : filterWords(where)}`,
  ),
];

/** A filter in words: `continent Africa or Asia and price up to 800`. */
export function filterWords(filter: Filter): string {
  if ('all' in filter) return filter.all.map(inner).join(' and ');
  if ('any' in filter) return filter.any.map(inner).join(' or ');
  if ('not' in filter) return `not ${inner(filter.not)}`;
  if ('columns' in filter) {
    const { lat, lon, km } = filter.within;
    return `within ${km} km of ${lat}, ${lon}`;
  }
  const { column } = filter;
  if ('in' in filter) return `${column} ${filter.in.join(' or ')}`;
  if ('allOf' in filter) return `${column} ${filter.allOf.join(' and ')}`;
  if ('known' in filter) return `${column} ${filter.known ? 'known' : 'missing'}`;
  const { from, to } = filter;
  if (from === undefined) return `${column} up to ${to}`;
  return to === undefined ? `${column} from ${from}` : `${column} ${from} to ${to}`;
}

/** What has parts of its own stands in brackets within another. */
const inner = (filter: Filter): string =>
  hasParts(filter) ? `(${filterWords(filter)})` : filterWords(filter);

const hasParts = (filter: Filter): boolean =>
  'all' in filter ||
  'any' in filter ||
  ('in' in filter && filter.in.length > 1) ||
  ('allOf' in filter && filter.allOf.length > 1);
