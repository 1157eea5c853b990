import { floorToDay } from '../../../shared/domain/utc-day.ts';
import { quantileEdges } from '../../../shared/features/quantile-edges.ts';
import { slugOf } from './names.ts';
import { OTHER_BINS, type Features } from './proposed.ts';

/** Days until a date: within a week, a month, a quarter, or later. */
const DAYS_AHEAD = [7, 30, 90];

/** Of dates that are ahead how soon they are, of others how new. */
export function dateFeatures(column: string, values: readonly number[], nowMs: number): Features {
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

/** Whether most of them are still to come. */
export const isAhead = (values: readonly number[], nowMs: number): boolean =>
  values.filter((ms) => ms >= nowMs).length > values.length / 2;

const dayEdges = (values: readonly number[]): number[] =>
  quantileEdges(
    values.map((ms) => floorToDay(ms)),
    OTHER_BINS,
  );
