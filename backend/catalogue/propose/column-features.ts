import { dateFeatures } from './date-features.ts';
import type { Counts, GuessedColumn } from './guess.ts';
import { goneValues, orderedLevels } from './known-words.ts';
import { likedBefore } from './liked-before.ts';
import { preferenceOf, slugOf } from './names.ts';
import { MOST_VALUES, OTHER_BINS, type Features, type Proposed } from './proposed.ts';
import { roundEdges, toleranceSteps } from './round-numbers.ts';

const PRICE_BINS = 5;
const OVER_BUDGET = [0, 10, 20];

/** Of one column, by what it holds. @param isPrice it is what things cost: a budget is compared with it. */
export function columnFeatures(column: GuessedColumn, isPrice: boolean, nowMs: number): Features {
  const { guess } = column;
  switch (guess.type) {
    case 'number':
      return isPrice
        ? priceFeatures(column.name, guess.values)
        : numberFeatures(column.name, guess.values);
    case 'date':
      return dateFeatures(column.name, guess.values, nowMs);
    case 'set':
      return setFeatures(column.name);
    case 'category':
      return categoryFeatures(column.name, guess.counts);
    case 'embedding':
      return { column: column.name, order: 9, use: 'says which items are alike', proposed: [] };
    default:
      throw new Error(`column ${column.name} has no features`);
  }
}

function priceFeatures(column: string, values: readonly number[]): Features {
  const slug = slugOf(column);
  const edges = roundEdges(values, PRICE_BINS);
  return {
    column,
    order: 0,
    use: 'wish by budget; learned by level',
    proposed: [
      {
        feature: {
          name: 'budget',
          kind: 'price-to-budget',
          column,
          preference: 'budget',
          overPercent: OVER_BUDGET,
        },
        points: [0, 12, 8, 5],
        monotone: 'decreasing',
      },
      { feature: { name: `${slug}-level`, kind: 'quantile', column, edges } },
      likedBefore(`liked-${slug}`, column, { levelEdges: edges }),
    ],
  };
}

function numberFeatures(column: string, values: readonly number[]): Features {
  const slug = slugOf(column);
  const preference = preferenceOf(column);
  const within = toleranceSteps(values);
  return {
    column,
    order: 4,
    use: `wish by ${preference}; learned by level`,
    proposed: [
      {
        feature: { name: `${slug}-wished`, kind: 'range-distance', column, preference, within },
        points: [0, 12, 6, 3].slice(0, within.length + 1),
        monotone: 'decreasing',
      },
      {
        feature: {
          name: `${slug}-level`,
          kind: 'quantile',
          column,
          edges: roundEdges(values, OTHER_BINS),
        },
      },
    ],
  };
}

function setFeatures(column: string): Features {
  const slug = slugOf(column);
  const preference = preferenceOf(column);
  return {
    column,
    order: 2,
    use: `wish by ${preference}; what a visitor liked before`,
    proposed: [
      {
        feature: { name: `${slug}-wished`, kind: 'set-overlap', column, preference, most: 2 },
        points: [0, -15, 12, 25],
      },
      likedBefore(`liked-${slug}`, column),
      {
        feature: {
          name: `searched-${slug}`,
          kind: 'search-affinity',
          column,
          preference,
          halfLifeDays: 30,
          edges: [0, 0.6],
        },
        points: [0, 0, 3, 6],
      },
    ],
  };
}

function categoryFeatures(column: string, counts: Counts): Features {
  const slug = slugOf(column);
  const preference = preferenceOf(column);
  const values = [...counts]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_VALUES)
    .map(([value]) => value);
  const levels = orderedLevels([...counts.keys()]);
  const isState = goneValues(column, [...counts.keys()]).length > 0;
  const wished: Proposed =
    levels === undefined
      ? {
          feature: { name: `${slug}-wished`, kind: 'set-overlap', column, preference, most: 1 },
          points: [0, -10, 15],
        }
      : {
          feature: {
            name: `${slug}-wished`,
            kind: 'ordinal-distance',
            column,
            preference,
            most: Math.min(3, levels.length - 1),
            levels,
          },
          points: [0, 15, 5],
          monotone: 'decreasing',
        };
  return {
    column,
    order: isState ? 5 : 3,
    use: isState ? 'learned as it is' : `wish by ${preference}; learned as it is`,
    proposed: [
      ...(isState ? [] : [wished]),
      { feature: { name: slug, kind: 'category', column, values: levels ?? values } },
      ...(isState || counts.size < 3 ? [] : [likedBefore(`liked-${slug}`, column)]),
    ],
  };
}
