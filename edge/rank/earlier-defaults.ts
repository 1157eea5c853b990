import { parseStoredSchema, type Schema } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';

/** What the first release had. */
const FIRST_FEATURES: ReadonlySet<string> = new Set([
  'base',
  'theme',
  'difficulty',
  'duration',
  'budget',
  'status',
  'departing',
  'place',
]);
/** What came after people and seasons. */
const LATER_FEATURES: ReadonlySet<string> = new Set([
  'daypart',
  'age-group',
  'daypart-duration',
  'age-duration',
]);

/**
 * The default schemas of earlier releases, the newest first, with today's rules. A site keeps the schema that it began with, and its catalogue is packed
 * by that. Each is what the newest one has, without what was added since; its hash says that nothing else differs.
 */
export function earlierDefaults(): Schema[] {
  const { columns, features } = smarttrip;
  const withoutCurrency = columns.map(({ currency: _currency, ...column }) => column);
  return [
    { columns: withoutCurrency, features },
    {
      columns: withoutCurrency,
      features: features.filter(({ name }) => !LATER_FEATURES.has(name)),
    },
    {
      columns: withoutCurrency.filter(({ name }) => name !== 'tripType'),
      features: features.filter(({ name }) => FIRST_FEATURES.has(name)),
    },
  ].map((core) => {
    // Neither is part of the hash, and both may name what an earlier schema does not have.
    const { texts, related, ...others } = smarttrip;
    return {
      ...parseStoredSchema({ ...others, ...core }),
      ...(texts && { texts }),
      ...(related && { related }),
    };
  });
}
