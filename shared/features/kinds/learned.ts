import { shown } from '../../domain/shown.ts';
import {
  LEARNED_DAYS,
  LEARNED_MEASURES,
  learnedName,
  type LearnedKey,
} from '../columns/learned-columns.ts';
import { keptPlan, MISSING, STATIC, type BucketKind } from './kind.ts';

/**
 * What the log has taught of the item: its views, click rate or booking rate of the last 1, 7 or 30 days, as a part of `buckets`
 * parts of nearly equally many items, 1 for the lowest. It needs no column of the catalogue. Missing where nothing is known of
 * the item, and where nothing was learned yet.
 */
export interface LearnedSpec extends LearnedKey {
  readonly name: string;
  readonly kind: 'learned';
}

const WORDS: Readonly<Record<LearnedSpec['of'], string>> = {
  views: 'views',
  clickRate: 'click rate',
  bookingRate: 'booking rate',
};

export const learned: BucketKind<LearnedSpec> = {
  check({ of, days, buckets }) {
    if (!LEARNED_MEASURES.includes(of))
      return `of must be ${LEARNED_MEASURES.join(', ')}, but was ${shown(of)}`;
    if (!LEARNED_DAYS.includes(days))
      return `days must be ${LEARNED_DAYS.join(', ')}, but was ${shown(days)}`;
    return Number.isInteger(buckets) && buckets >= 2
      ? undefined
      : `buckets must be a whole number from 2, but was ${shown(buckets)}`;
  },
  size: ({ buckets }) => buckets + 1,
  label: ({ of, days, buckets }, bucket) =>
    `${WORDS[of]} of ${days === 1 ? '1 day' : `${days} days`}: ${bucket} of ${buckets} from below`,
  plan(spec, input) {
    const { table } = input;
    const name = learnedName(spec);
    const column = table.columns.findIndex((one) => one.isLearned && one.spec.name === name);
    if (column < 0) return MISSING;
    return keptPlan(input, table.columns[column], spec, STATIC, () => ({
      from: 'column',
      column,
      buckets: Uint8Array.from({ length: spec.buckets + 1 }, (_, bucket) => bucket),
    }));
  },
};
