import { parseItemId } from '../../../../shared/domain/ids.ts';
import { DAY_MS } from '../../../../shared/domain/utc-day.ts';
import { firstIndex } from '../../../../shared/features/columns/binary-search.ts';
import {
  LEARNED_DAYS,
  LEARNED_MEASURES,
  type LearnedColumn,
  type LearnedColumns,
  type LearnedDays,
  type LearnedMeasure,
} from '../../../../shared/features/columns/learned-columns.ts';
import { quantileEdges } from '../../../../shared/features/quantile-edges.ts';
import { betaPrior, shrunkRate } from '../../statistics/beta-binomial.ts';
import { countPeople, type PeopleCounts } from './count-people.ts';
import { examinationOfSlots, type Examination } from './examination-of-slots.ts';
import type { ShownItems } from './shown-items.ts';

/** So many levels fit into codes of 8 bits, of which 0 is taken. */
const MOST_LEVELS = 255;

/**
 * Views, click rate and booking rate of every item that was shown, over each window up to `toMs`. Windows are spans of 24 hours
 * back from there and not days of a calendar: what midnight is, and where, changes none of them. Rates are of people who looked
 * and are empirical Bayes means under a Beta prior, which is that of all items in the window, so that an item of few looks stays
 * near the usual rate. An item that nobody was shown in a window is unknown there.
 */
export function learnColumns(
  shown: ShownItems,
  toMs: number,
): { readonly columns: LearnedColumns; readonly examination: Examination } {
  const examination = examinationOfSlots(shown);
  const order = shown.items
    .map((id, number) => ({ id: parseItemId(id), number }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const columns = LEARNED_DAYS.flatMap((days) => {
    const counts = countPeople(shown, examination, toMs - days * DAY_MS);
    return LEARNED_MEASURES.map((of) => {
      const values = valuesOf(of, counts);
      return columnOf(
        of,
        days,
        order.map(({ number }) => (counts.looked[number] > 0 ? values[number] : Number.NaN)),
      );
    });
  });
  return { columns: { ids: order.map(({ id }) => id), columns }, examination };
}

function valuesOf(of: LearnedMeasure, { looked, clicked, booked }: PeopleCounts): Float64Array {
  if (of === 'views') return looked;
  const did = of === 'clickRate' ? clicked : booked;
  // Who clicks far down has looked, although few do: of few people more may click than are expected to have looked.
  const trials = looked.map((people, i) => Math.max(people, did[i]));
  const prior = betaPrior(did, trials);
  return trials.map((people, i) => shrunkRate(did[i], people, prior));
}

/** @param values by row; NaN where nothing is known. */
function columnOf(of: LearnedMeasure, days: LearnedDays, values: readonly number[]): LearnedColumn {
  const known = values.filter((value) => !Number.isNaN(value));
  const distinct = [...new Set(known)].toSorted((a, b) => a - b);
  const levels = Float64Array.from(
    distinct.length <= MOST_LEVELS
      ? distinct
      : [...quantileEdges(known, MOST_LEVELS), distinct[distinct.length - 1]],
  );
  const codes = Uint8Array.from(values, (value) =>
    Number.isNaN(value) ? 0 : 1 + firstIndex(0, levels.length, (i) => levels[i] >= value),
  );
  return { of, days, levels, codes };
}
