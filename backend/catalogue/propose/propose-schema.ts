import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';
import type { FeatureSpec } from '../../../shared/features/kinds/index.ts';
import { bucketCount, MAX_FEATURES, parseSchema } from '../../../shared/features/schema.ts';
import { columnFeatures } from './column-features.ts';
import { isAhead } from './date-features.ts';
import type { Guess, GuessedColumn, Row } from './guess.ts';
import { guessPaths, type PathGuess } from './guess-paths.ts';
import { ENDS, goneValues, PAY, PRICE } from './known-words.ts';
import { wordsOf } from './names.ts';
import { pathFeatures } from './path-features.ts';
import type { FeatureEntry, Features, Proposed } from './proposed.ts';
import { RELATED, relatedColumns } from './related-columns.ts';
import { ABOUT_THE_VISIT, BASE, LEARNED } from './visit-features.ts';

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
  const by = relatedColumns(usable, paths);
  const alike = by === undefined ? [] : RELATED;
  const features = withCrosses([...BASE, ...own, ...LEARNED, ...ABOUT_THE_VISIT, ...alike], price);
  const specs: ColumnSpec[] = [
    ...usable.map((column) => ({
      name: column.name,
      type: typeOf(column),
      ...(column.guess.type === 'embedding' && { dimensions: column.guess.dimensions }),
    })),
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
    ...(by && { related: { by } }),
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
  const reserved = [...BASE, ...LEARNED, ...ABOUT_THE_VISIT, ...RELATED].map(
    ({ feature }) => feature.name,
  );
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
