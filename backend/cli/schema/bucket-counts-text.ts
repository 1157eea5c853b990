import { count, counted, table } from '../../../shared/text/text.ts';
import type { BucketCounts, CatalogueBuckets } from '../../catalogue/count-buckets.ts';

/** More buckets than these are a list that nobody reads. */
const MOST_BUCKETS = 8;

/** How many items each bucket has, and what to change. */
export function bucketCountsText(
  { counts, ofVisit, preferences, remarks }: CatalogueBuckets,
  items: number,
): string {
  return [
    `${counted(items, 'item')} fit, by bucket, as of a request with ${JSON.stringify(preferences)}:`,
    table(
      ['feature', 'items'],
      counts.map((one) => [one.feature, bucketsText(one)]),
    ),
    ...(ofVisit.length === 0
      ? []
      : [`The same for all items of that request: ${ofVisit.join(', ')}.`]),
    ...(remarks.length === 0 ? [] : [remarks.map((remark) => `- ${remark}`).join('\n')]),
  ].join('\n\n');
}

function bucketsText({ buckets: [missing, ...known] }: BucketCounts): string {
  const filled = known.filter(({ items }) => items > 0);
  const shown =
    filled.length <= MOST_BUCKETS ? known.slice(0, MOST_BUCKETS) : filled.slice(0, MOST_BUCKETS);
  const all = [...shown, ...(missing.items > 0 ? [missing] : [])];
  const more = filled.filter((bucket) => !all.includes(bucket)).length;
  return `${all.map(({ meaning, items }) => `${meaning}: ${count(items)}`).join(', ')}${more > 0 ? `, and ${more} buckets more` : ''}`;
}
