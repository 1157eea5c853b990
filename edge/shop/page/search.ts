import type { RankQuery } from '../../client/types.ts';

/** What the search form says. Empty texts are not asked for. */
export interface Search {
  readonly themes: readonly string[];
  /** At most, 1 to 5. */
  readonly difficulty: number | undefined;
  readonly days: readonly [from: number, to: number | undefined] | undefined;
  /** Euro. */
  readonly budget: number | undefined;
  readonly continent: string | undefined;
  readonly country: string | undefined;
  /** ISO dates. */
  readonly from: string;
  readonly to: string;
}

export const EMPTY: Search = {
  themes: [],
  difficulty: undefined,
  days: undefined,
  budget: undefined,
  continent: undefined,
  country: undefined,
  from: '',
  to: '',
};

/**
 * What is asked of the edge: filters leave out what does not fit, exactly; preferences rank what is left, as a trip with two of
 * three themes suits better than one with one.
 */
export function queryOf(search: Search): Pick<RankQuery, 'filters' | 'preferences'> {
  const { themes, difficulty, days, budget, continent, country, from, to } = search;
  const all = [
    themes.length > 0 && { column: 'themes', in: themes },
    difficulty !== undefined && { column: 'difficulty', to: difficulty },
    days && { column: 'durationDays', from: days[0], ...(days[1] && { to: days[1] }) },
    budget !== undefined && { column: 'price', to: budget },
    continent !== undefined && { column: 'continent', in: [continent] },
    country !== undefined && { column: 'country', in: [country] },
    (from !== '' || to !== '') && {
      column: 'departure',
      ...(from !== '' && { from }),
      ...(to !== '' && { to }),
    },
  ].filter((part) => part !== undefined && part !== false);
  return {
    ...(all.length > 0 && { filters: { all } }),
    preferences: {
      ...(themes.length > 0 && { themes }),
      ...(difficulty !== undefined && { difficulty }),
      ...(days && { durationDays: { min: days[0], ...(days[1] && { max: days[1] }) } }),
      ...(budget !== undefined && { budget }),
      ...(continent !== undefined && { continents: [continent] }),
      ...(country !== undefined && { countries: [country] }),
    },
  };
}
