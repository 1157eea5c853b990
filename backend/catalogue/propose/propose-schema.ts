import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import type { FeatureSpec } from '../../../shared/features/kinds/index.ts';
import { bucketCount, MAX_FEATURES, parseSchema } from '../../../shared/features/schema.ts';
import { floorToDay } from '../../../shared/domain/utc-day.ts';
import { quantileEdges } from '../../../shared/features/quantile-edges.ts';
import type { Counts, Guess, GuessedColumn, Row } from './guess.ts';
import { guessPaths, type PathGuess } from './guess-paths.ts';
import { ENDS, goneValues, orderedLevels, PAY, PRICE } from './known-words.ts';
import { roundEdges, toleranceSteps } from './round-numbers.ts';

/** A feature as a schema file writes it; what parsing fills in is left out. */
type FeatureEntry = Omit<FeatureSpec, 'sizes'> & Readonly<Record<string, unknown>>;

/** A feature with what its buckets are worth before anything is learned. */
interface Proposed {
  readonly feature: FeatureEntry;
  readonly points?: readonly number[];
  readonly monotone?: 'increasing' | 'decreasing';
}

/** What is proposed of one column of the file. */
export interface ColumnUse {
  readonly name: string;
  /** In a few words; empty where nothing reads it. */
  readonly use: string;
}

export interface SchemaProposal {
  /** The content of a schema file. */
  readonly definition: Readonly<Record<string, unknown>>;
  readonly uses: readonly ColumnUse[];
}

/** More values than these are told apart least; the rest is "another". */
const MOST_VALUES = 40;
const PRICE_BINS = 5;
const OTHER_BINS = 4;
const OVER_BUDGET = [0, 10, 20];
/** A cross has a bucket for each pair. */
const MOST_BUCKETS = 256;

/**
 * A schema for what the columns of a file hold: numbers by quantile, categories, sets, dates, places, prices against a budget;
 * what is learned of each item; what a visitor liked before. Its rules favour what was wished and what others click, in the
 * scale of 10 to 30 points.
 * @param nowMs what lies before it is past.
 */
export function proposeSchema(
  name: string,
  { columns }: Guess,
  rows: readonly Row[],
  nowMs: number,
): SchemaProposal {
  const paths = guessPaths(columns, rows);
  const inPaths = new Set(paths.flatMap(({ from }) => from));
  const usable = columns.filter(
    ({ name: column, guess }) =>
      !inPaths.has(column) && guess.type !== 'id' && guess.type !== 'none',
  );
  const price = usable.find(
    ({ name: column, guess }) => guess.type === 'number' && PRICE.test(column) && !PAY.test(column),
  )?.name;
  const ofPaths = paths.map((path) => pathFeatures(path, rows));
  const ofColumns = usable.map((column) => columnFeatures(column, column.name === price, nowMs));
  const ordered = [...ofPaths, ...ofColumns].toSorted((a, b) => a.order - b.order);
  const own = unique(ordered.map(({ proposed }) => proposed.filter(tellsApart)));
  const features = withCrosses([...BASE, ...own, ...LEARNED, ...ABOUT_THE_VISIT], price);
  const specs: ColumnSpec[] = [
    ...usable.map((column) => ({ name: column.name, type: typeOf(column) })),
    ...paths.map(({ name: path, from }) => ({ name: path, type: 'path' as const, from })),
  ];
  const points = features.flatMap((one) =>
    one.points === undefined ? [] : [[one.feature.name, one.points] as const],
  );
  const definition = {
    name: /^[a-z][a-z0-9-]{0,40}$/.exec(wordsOf(name))?.[0] ?? 'catalogue',
    columns: specs,
    features: features.map(({ feature }) => feature),
    filters: usable.flatMap((column) => filterOf(column, nowMs)).slice(0, 7),
    constraints: [
      { feature: 'base', min: 0 },
      ...features.flatMap(({ feature, monotone }) =>
        monotone === undefined ? [] : [{ feature: feature.name, monotone }],
      ),
    ],
    rules: Object.fromEntries(points),
    exploration: {
      temperature: 3,
      epsilon: 0.02,
      poolSize: 50,
      optimism: 1,
      maxLoss: 4,
      raisedFeatures: 1,
    },
    training: {
      objective: 'listwise',
      l2: 1,
      crossShrinkage: 4,
      position: 'feature',
      reward: { click: 1, save: 2, contact: 3, booking_start: 4, booking: 10 },
    },
  };
  parseSchema(definition);
  return { definition, uses: usesOf(columns, ordered, paths) };
}

const typeOf = ({ guess }: GuessedColumn): ColumnSpec['type'] =>
  guess.type as Exclude<typeof guess.type, 'id' | 'none'>;

interface Features {
  readonly column: string;
  /** Lower ones are kept where there are too many. */
  readonly order: number;
  readonly use: string;
  readonly proposed: readonly Proposed[];
}

const BASE: readonly Proposed[] = [
  { feature: { name: 'base', kind: 'constant' }, points: [0, 30] },
];

const LEARNED: readonly Proposed[] = [
  {
    feature: { name: 'click-rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 10 },
    points: [0, -15, -10, -6, -3, -1, 1, 3, 6, 10, 15],
    monotone: 'increasing',
  },
  {
    feature: { name: 'booking-rate', kind: 'learned', of: 'bookingRate', days: 30, buckets: 5 },
    points: [0, -8, -4, 0, 4, 8],
    monotone: 'increasing',
  },
];

const ABOUT_THE_VISIT: readonly Proposed[] = [
  {
    feature: {
      name: 'seen-before',
      kind: 'item-affinity',
      only: ['seen', 'saved'],
      halfLifeDays: 14,
      edges: [0, 1],
    },
  },
  {
    feature: {
      name: 'device',
      kind: 'context',
      key: 'device',
      values: ['mobile', 'desktop', 'tablet'],
    },
  },
  {
    feature: { name: 'visitor', kind: 'context', key: 'visitor', values: ['new', 'returning'] },
  },
  { feature: { name: 'daypart', kind: 'request-time', part: 'hour', edges: [5, 11, 17] } },
  { feature: { name: 'weekday', kind: 'request-time', part: 'weekday', edges: [5] } },
];

function pathFeatures({ name, from }: PathGuess, rows: readonly Row[]): Features {
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

const likedBefore = (
  name: string,
  column: string,
  more: Readonly<Record<string, unknown>> = {},
): Proposed => ({
  feature: {
    name,
    kind: 'item-affinity',
    column,
    ...more,
    only: ['seen', 'saved', 'booked'],
    halfLifeDays: 60,
    edges: [0, 0.4, 1.2],
  },
  points: [0, 0, 4, 8],
});

function columnFeatures(column: GuessedColumn, isPrice: boolean, nowMs: number): Features {
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

/** Days until a date, of which as many are kept as some items lie within. */
const DAYS_AHEAD = [7, 30, 90];

function dateFeatures(column: string, values: readonly number[], nowMs: number): Features {
  const slug = slugOf(column);
  if (!isAhead(values, nowMs)) {
    const edges = dayEdges(values);
    return {
      column,
      order: 4,
      use: 'newer ones first; learned by level',
      proposed: [
        {
          feature: { name: `${slug}-level`, kind: 'quantile', column, edges },
          // The two latest parts.
          points: [0, ...edges.map(() => 0), 5].map((one, i) => (i === edges.length ? 2 : one)),
        },
      ],
    };
  }
  const months = new Set(values.map((ms) => new Date(ms).getUTCMonth()));
  return {
    column,
    order: 3,
    use: 'how soon it is; learned by month',
    proposed: [
      {
        feature: { name: `${slug}-soon`, kind: 'date-soon', column, days: DAYS_AHEAD },
        points: [0, 4, 7, 4],
      },
      ...(months.size < 4
        ? []
        : [{ feature: { name: `${slug}-month`, kind: 'date-month', column } as const }]),
    ],
  };
}

const isAhead = (values: readonly number[], nowMs: number): boolean =>
  values.filter((ms) => ms >= nowMs).length > values.length / 2;

const dayEdges = (values: readonly number[]): number[] =>
  quantileEdges(
    values.map((ms) => floorToDay(ms)),
    OTHER_BINS,
  );

function filterOf({ name, guess }: GuessedColumn, nowMs: number): object[] {
  if (guess.type === 'date')
    return ENDS.test(name) && isAhead(guess.values, nowMs) ? [{ column: name, before: 'now' }] : [];
  if (guess.type !== 'category') return [];
  const exclude = goneValues(name, [...guess.counts.keys()]);
  return exclude.length === 0 ? [] : [{ column: name, exclude }];
}

/** Whether a feature has bins at all: most values of a column may be one. */
const tellsApart = ({ feature: { edges, levelEdges, values } }: Proposed): boolean =>
  [edges, levelEdges, values].every((list) => !Array.isArray(list) || list.length > 0);

/** Each name once; what is over the limit of a schema is left out, the least useful first. */
function unique(groups: readonly (readonly Proposed[])[]): Proposed[] {
  const reserved = [...BASE, ...LEARNED, ...ABOUT_THE_VISIT].map(({ feature }) => feature.name);
  const taken = new Set<string>(reserved);
  const kept: Proposed[] = [];
  // Two crosses may come behind them.
  const most = MAX_FEATURES - reserved.length - 2;
  for (const one of groups.flat()) {
    let { name } = one.feature;
    for (let n = 2; taken.has(name); n++) name = `${one.feature.name}-${n}`;
    taken.add(name);
    if (kept.length < most) kept.push({ ...one, feature: { ...one.feature, name } });
  }
  return kept;
}

/** Which prices are taken on which device, and what who comes back takes. */
function withCrosses(features: readonly Proposed[], price: string | undefined): Proposed[] {
  const named = (kind: string, fits: (feature: FeatureEntry) => boolean) =>
    features.find(({ feature }) => feature.kind === kind && fits(feature))?.feature;
  const level = named('quantile', ({ column }) => column === price);
  const category = named('category', () => true);
  const crossOf = (name: string, a: string, b: FeatureEntry | undefined): Proposed[] => {
    const first = features.find(({ feature }) => feature.name === a)!.feature;
    const size = (one: FeatureEntry) => bucketCount(one as unknown as FeatureSpec) - 1;
    if (b === undefined || size(first) * size(b) >= MOST_BUCKETS) return [];
    return [{ feature: { name, kind: 'cross', of: [a, b.name] } }];
  };
  return [
    ...features,
    ...crossOf(`device-${level?.name}`, 'device', level),
    ...crossOf(`visitor-${category?.name}`, 'visitor', category),
  ];
}

function usesOf(
  columns: readonly GuessedColumn[],
  groups: readonly Features[],
  paths: readonly PathGuess[],
): ColumnUse[] {
  return columns.map(({ name, guess }) => {
    if (guess.type === 'id') return { name, use: 'names the item' };
    const path = paths.find(({ from }) => from.includes(name));
    if (path !== undefined)
      return {
        name,
        use: `level ${path.from.indexOf(name) + 1} of ${path.name}; ${groups.find(({ column }) => column === path.name)!.use}`,
      };
    if (guess.type === 'none') return { name, use: `kept, not ranked by: ${guess.why}` };
    return { name, use: groups.find(({ column }) => column === name)?.use ?? '' };
  });
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);

/** `price-usd` of `Price (USD)`; of a name of signs alone, such as `%`, nothing is left to name a feature by. */
export const slugOf = (name: string): string => wordsOf(name) || 'column';

/** `jobType` of `Job Type`: what a request calls it. */
export const preferenceOf = (name: string): string =>
  slugOf(name).replaceAll(/-(\p{L}|\p{N})/gu, (_, letter: string) => letter.toUpperCase());
