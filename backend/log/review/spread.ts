import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { packItems, type Codes } from '../../../shared/features/columns/item-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import type { Span } from '../account/span.ts';
import { readShown } from '../account/read-shown.ts';
import { CLICKED } from '../../science/evaluation/item-rates/shown-items.ts';
import { bucketsOf, partsOf, type Buckets } from './attribute-parts.ts';
import { readCatalogue } from './read-catalogue.ts';

/** How what training reads is spread over the catalogue. */
export interface Spread {
  readonly rankings: number;
  /** Items of today's catalogue that can be shown. */
  readonly items: number;
  /** Shown items, one by one and each as often as it was shown, that are not in that catalogue any more: they are in no bucket. */
  readonly gone: number;
  readonly columns: readonly ColumnSpread[];
}

/** One attribute of the items; an item with several values, such as themes, counts in the bucket of each of them. */
export interface ColumnSpread {
  readonly attribute: string;
  readonly buckets: readonly BucketSpread[];
  readonly effective: Readonly<Record<Among, number | null>>;
}

type Among = 'catalogue' | 'shown' | 'clicked';

/** Counts; their sums over the buckets of a column are what shares are of. */
export interface BucketSpread extends Readonly<Record<Among, number>> {
  readonly label: string;
  /** It is shown much more rarely than its share of the catalogue, so that little is learned of it. */
  readonly isRare: boolean;
}

/** Of each schema; what is behind so many of the newest is seldom learned from. */
const MOST_RANKINGS = 50_000;

/** Rare: shown at most a fifth as often as at random, where that would have been so often that it is not by chance. */
const RARE_SHARE = 0.2;
const RARE_EXPECTED = 50;

/**
 * How the items of rankings that training may read are spread over values and ranges of the schema's columns, beside the catalogue
 * that they were drawn from. Left out are those whom the account or an operator leaves out.
 */
export async function spread(
  db: LibSQLDatabase,
  schema: Schema,
  span: Span,
  nowMs: number,
): Promise<Spread> {
  const catalogue = await readCatalogue(db, schema, nowMs);
  const rowOf = new Map<string, number>(catalogue.map(({ id }, row) => [id, row]));
  const found = await readShown(db, span, MOST_RANKINGS);
  const [shown, clicked] = [new Uint32Array(catalogue.length), new Uint32Array(catalogue.length)];
  const rows = found.items.map((id) => rowOf.get(id) ?? -1);
  let gone = 0;
  found.item.forEach((item, i) => {
    const row = rows[item];
    if (row === -1) {
      gone++;
      return;
    }
    shown[row]++;
    if ((found.did[i] & CLICKED) !== 0) clicked[row]++;
  });
  const table = packItems(schema.columns, catalogue);
  return {
    rankings: found.at.length,
    items: catalogue.length,
    gone,
    columns: table.columns.flatMap(({ spec, values, codes }) =>
      partsOf(spec, values, codes).map((part) =>
        columnSpread(part.attribute, bucketsOf(part, codes), { codes, shown, clicked }),
      ),
    ),
  };
}

function columnSpread(
  attribute: string,
  { labels, ofCode }: Buckets,
  of: {
    readonly codes: Codes;
    readonly shown: Uint32Array;
    readonly clicked: Uint32Array;
  },
): ColumnSpread {
  const counts = labels.map((label) => ({ label, catalogue: 0, shown: 0, clicked: 0 }));
  of.codes.forEach((code, row) => {
    for (const bucket of ofCode[code]) {
      counts[bucket].catalogue++;
      counts[bucket].shown += of.shown[row];
      counts[bucket].clicked += of.clicked[row];
    }
  });
  const sum = (among: Among) => counts.reduce((total, one) => total + one[among], 0);
  const [inAll, shownInAll] = [sum('catalogue'), sum('shown')];
  const effective = (among: Among) => effectiveNumber(counts.map((one) => one[among]));
  return {
    attribute,
    buckets: counts.map((one) => {
      const expected = (one.catalogue / inAll) * shownInAll;
      return { ...one, isRare: expected >= RARE_EXPECTED && one.shown <= RARE_SHARE * expected };
    }),
    effective: {
      catalogue: effective('catalogue'),
      shown: effective('shown'),
      clicked: effective('clicked'),
    },
  };
}

/**
 * As how many buckets, if all were alike: the exponential of Shannon's entropy (Hill's number of order 1; Jost, Oikos 113, 2006).
 * @returns null where nothing was counted.
 */
export function effectiveNumber(counts: readonly number[]): number | null {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  return Math.exp(
    counts.reduce((sum, n) => (n === 0 ? sum : sum - (n / total) * Math.log(n / total)), 0),
  );
}
