import { canonicalJson } from './canonical-json.ts';
import { invalid } from './errors.ts';
import { EVENT_TYPES } from './event.ts';

/**
 * A metric of an experiment, computed per unit (session or user). `numerator` and `denominator` each name a fact of
 * the unit: the count of an event type (`click`), an amount (`dwell_seconds`, `booking_value`, `payment_value`,
 * `scroll_share`, `form_share`, `survey_score`, `reward_value`), `rankings` (a list with its further pages is one), or `outcome.<name>`.
 */
export interface MetricDefinition {
  readonly name: string;
  /**
   * `proportion`: share of units whose numerator is above 0. `mean`: mean of the numerator over units. `ratio`: Σ
   * numerator / Σ denominator over all units.
   */
  readonly kind: 'proportion' | 'mean' | 'ratio';
  readonly numerator: string;
  /** Of an event type: only those events count that have these properties, `{source: 'map'}`. Definitions from before have none. */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
  /** Of an event type: what their values come to counts, and not how many there are. An event without a value brings 0. */
  readonly sum?: 'value';
  readonly denominator?: string;
  readonly better: 'higher' | 'lower';
  /**
   * Winsorisation: values above this quantile (0..1) of the positive
   * values of both arms are replaced by it; 0.99 for revenue.
   */
  readonly winsorShare?: number;
  /**
   * Of an outcome: what comes within so many days of a unit's first exposure counts, and a unit is read once they are
   * over. Without it all that has come counts, so that units of the last days, who had no time yet, lessen the effect.
   */
  readonly horizonDays?: number;
}

/** The metrics of every experiment that names none, in the order in which they are shown. */
export const DEFAULT_METRICS: readonly MetricDefinition[] = [
  { name: 'click_through', kind: 'proportion', numerator: 'click', better: 'higher' },
  {
    name: 'clicks_per_ranking',
    kind: 'ratio',
    numerator: 'click',
    denominator: 'rankings',
    better: 'higher',
  },
  { name: 'dwell_seconds', kind: 'mean', numerator: 'dwell_seconds', better: 'higher' },
  { name: 'saves', kind: 'mean', numerator: 'save', better: 'higher' },
  { name: 'contacts', kind: 'mean', numerator: 'contact', better: 'higher' },
  { name: 'booking_starts', kind: 'mean', numerator: 'booking_start', better: 'higher' },
  {
    name: 'conversion',
    kind: 'ratio',
    numerator: 'booking_start',
    denominator: 'click',
    better: 'higher',
  },
  { name: 'booked', kind: 'proportion', numerator: 'booking', better: 'higher' },
  { name: 'cancels', kind: 'mean', numerator: 'cancel', better: 'lower' },
  {
    name: 'revenue',
    kind: 'mean',
    numerator: 'booking_value',
    better: 'higher',
    winsorShare: 0.99,
  },
];

/** Metrics that an experiment may ask for by name, of events that not every site sends. */
const FURTHER_METRICS: readonly MetricDefinition[] = [
  /** The mean answer to the survey, from 0 (worst) to 1. */
  {
    name: 'satisfaction',
    kind: 'ratio',
    numerator: 'survey_score',
    denominator: 'survey',
    better: 'higher',
  },
  { name: 'not_interested', kind: 'mean', numerator: 'not_interested', better: 'lower' },
  /** What a ranking earned on average, by a measure of the site's own. */
  {
    name: 'reward',
    kind: 'ratio',
    numerator: 'reward_value',
    denominator: 'rankings',
    better: 'higher',
  },
];

/** Every metric that has a name. */
export const NAMED_METRICS: readonly MetricDefinition[] = [...DEFAULT_METRICS, ...FURTHER_METRICS];

/** Whether it counts something of the events that its numerator names, and not all of them alike. */
export const isOfSomeEvents = ({ where, sum }: MetricDefinition): boolean =>
  where !== undefined || sum !== undefined;

/** What a metric's numerator is kept under, with what of it counts: `booking where {"source":"map"}`, `sum of feature_use`. */
export const numeratorName = ({ numerator, where, sum, horizonDays }: MetricDefinition): string =>
  [
    ...(sum === undefined ? [] : ['sum of']),
    numerator,
    ...(where === undefined ? [] : [`where ${canonicalJson(where)}`]),
    // No outcome's name holds a space.
    ...(horizonDays === undefined ? [] : [`within ${horizonDays} days`]),
  ].join(' ');

const MAX_CONDITIONS = 8;
/** So that it is read in SQL as it is written here. */
const PROPERTY = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_TEXT = 1024;

const MAX_HORIZON_DAYS = 3650;

/** @throws ApiError 400 naming the field that is wrong. */
export function checkMetric(metric: MetricDefinition): void {
  const { name, kind, numerator, denominator, winsorShare, horizonDays, where } = metric;
  if (!/^[a-z][a-z0-9_.]{0,63}$/.test(name))
    throw invalid(`a metric's name must be lower-case letters, digits, _ and dots, not "${name}"`);
  if ((kind === 'ratio') !== (denominator !== undefined))
    throw invalid(`metric ${name}: a ratio, and only a ratio, has a denominator`);
  if (winsorShare !== undefined && !(winsorShare > 0 && winsorShare <= 1))
    throw invalid(`metric ${name}: winsorShare must lie in (0, 1], but was ${winsorShare}`);
  if (isOfSomeEvents(metric) && !(EVENT_TYPES as readonly string[]).includes(numerator))
    throw invalid(
      `metric ${name}: where and sum are of events, and ${numerator} is none of ${EVENT_TYPES.join(', ')}`,
    );
  if (where !== undefined) checkConditions(name, where);
  if (horizonDays === undefined) return;
  if (!(horizonDays > 0 && horizonDays <= MAX_HORIZON_DAYS))
    throw invalid(
      `metric ${name}: horizonDays must lie in (0, ${MAX_HORIZON_DAYS}], but was ${horizonDays}`,
    );
  if (kind === 'ratio' || !numerator.startsWith('outcome.'))
    throw invalid(`metric ${name}: only a mean or a proportion of an outcome has horizonDays`);
}

function checkConditions(name: string, where: NonNullable<MetricDefinition['where']>): void {
  const conditions = Object.entries(where);
  if (conditions.length === 0 || conditions.length > MAX_CONDITIONS)
    throw invalid(
      `metric ${name}: where names 1 to ${MAX_CONDITIONS} properties, not ${conditions.length}`,
    );
  for (const [property, value] of conditions) {
    if (!PROPERTY.test(property))
      throw invalid(
        `metric ${name}: a property is named by 1 to 64 letters, digits, _ . and -, not "${property.slice(0, 80)}"`,
      );
    if (typeof value === 'number' ? !Number.isFinite(value) : String(value).length > MAX_TEXT)
      throw invalid(
        `metric ${name}: ${property} must be a finite number, a boolean, or a text of at most ${MAX_TEXT} characters`,
      );
  }
}
