import type { Row } from './guess.ts';
import type { PathGuess } from './guess-paths.ts';
import { likedBefore } from './liked-before.ts';
import { preferenceOf, slugOf } from './names.ts';
import { MOST_VALUES, type Features, type Proposed } from './proposed.ts';

/** Of columns whose values lie one within the other, such as country and city. */
export function pathFeatures({ name, from }: PathGuess, rows: readonly Row[]): Features {
  const depth = from.length;
  const slug = slugOf(name);
  const match = [15, 8, 4, 2].slice(0, depth);
  const levels = from.flatMap((level, index): Proposed[] => {
    const values = [...new Set(rows.map((row) => row[level]))].filter(
      (value): value is string => typeof value === 'string' && value !== '',
    );
    if (values.length > MOST_VALUES) return [];
    return [
      {
        feature: {
          name: slugOf(level),
          kind: 'category',
          column: name,
          level: index,
          values: values.toSorted(),
        },
      },
    ];
  });
  return {
    column: name,
    order: 1,
    use: `wish by ${listed(from.map(preferenceOf))}; learned as it is`,
    proposed: [
      {
        feature: {
          name: `${slug}-wished`,
          kind: 'hierarchy',
          column: name,
          preferences: from.map(preferenceOf),
        },
        points: [0, ...match],
      },
      ...levels,
      likedBefore(`liked-${slugOf(from[0])}`, name, { level: 0 }),
    ],
  };
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
