import {
  chart,
  colourOf,
  label,
  labelledDates,
  line,
  px,
  rangeOfShares,
  shareLabels,
  WIDTH,
} from './chart.ts';
import { scaleOf, ticksOf } from './scale.ts';
import { escapeHtml } from './html.ts';
import { shareText } from './report-sections.ts';

export interface DailySeries {
  readonly name: string;
  readonly place: number;
  /** Day of the month from 1, and a share. */
  readonly points: readonly { readonly day: number; readonly share: number }[];
}

const HEIGHT = 250;
const PLOT = { left: 56, right: WIDTH - 90, top: 12, bottom: HEIGHT - 28 };
const LABEL_GAP = 15;

/** A share by day, a line per version, named at its end. @returns '' where nothing has two days. */
export function dailyChart(title: string, days: number, all: readonly DailySeries[]): string {
  const series = all.filter(({ points }) => points.length > 1);
  if (series.length === 0) return '';
  const shares = series.flatMap(({ points }) => points.map(({ share }) => share));
  const range = rangeOfShares(shares, 0.08);
  const x = scaleOf([1, days], [PLOT.left, PLOT.right]);
  const y = scaleOf(range, [PLOT.bottom, PLOT.top]);
  const ticks = ticksOf(range, 7);
  const labels = shareLabels(ticks);
  return chart(HEIGHT, title, [
    ...ticks.map((tick, i) =>
      [
        line('grid', PLOT.left, y(tick), PLOT.right, y(tick)),
        label(PLOT.left - 8, y(tick) + 4, labels[i], 'end'),
      ].join(''),
    ),
    ...labelledDates(days).map((date) => label(x(date), HEIGHT - 8, String(date), 'middle')),
    ...series.map(({ name, place, points }) => lineOf(name, place, points, days, x, y)),
    ...endLabels(series, x, y),
  ]);
}

/** The line has a gap where a day is missing, as that day was not measured. */
function lineOf(
  name: string,
  place: number,
  points: DailySeries['points'],
  days: number,
  x: (day: number) => number,
  y: (share: number) => number,
): string {
  const runs: string[][] = [[]];
  let before = 0;
  for (const { day, share } of points) {
    if (day !== before + 1) runs.push([]);
    runs.at(-1)!.push(`${px(x(day))},${px(y(share))}`);
    before = day;
  }
  const radius = days > 40 ? 1.5 : 2.5;
  return [
    `<g><title>${escapeHtml(name)}</title>`,
    ...runs
      .filter((run) => run.length > 1)
      .map((run) => `<polyline class="line ${colourOf(place)}" points="${run.join(' ')}"/>`),
    ...points.map(
      ({ day, share }) =>
        `<circle class="dot ${colourOf(place)}" cx="${px(x(day))}" cy="${px(y(share))}" r="${radius}"><title>${escapeHtml(`${name}, day ${day}: ${shareText(share)}`)}</title></circle>`,
    ),
    '</g>',
  ].join('');
}

/** Labels beside the last points, moved apart where they would overlap. */
function endLabels(
  series: readonly DailySeries[],
  x: (day: number) => number,
  y: (share: number) => number,
): string[] {
  const ends = series
    .map(({ name, place, points }) => ({
      name,
      place,
      x: x(points.at(-1)!.day) + 8,
      y: y(points.at(-1)!.share) + 4,
    }))
    .toSorted((a, b) => a.y - b.y);
  return ends.map((end, i) => {
    for (const above of ends.slice(0, i))
      if (Math.abs(above.x - end.x) < 70 && end.y - above.y < LABEL_GAP)
        end.y = above.y + LABEL_GAP;
    return label(end.x, end.y, end.name, 'start', `name ${colourOf(end.place)}`);
  });
}
