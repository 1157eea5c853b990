import type { Proportion } from '../science/statistics/wilson.ts';
import { chart, colourOf, label, line, px, rangeOfShares, shareLabels, WIDTH } from './chart.ts';
import { scaleOf, ticksOf } from './scale.ts';
import { escapeHtml } from './html.ts';
import { shareText } from './report-sections.ts';

export interface IntervalRow {
  readonly name: string;
  readonly rate: Proportion;
  /** Of its colour. */
  readonly place: number;
}

const ROW = 26;
const [LEFT, RIGHT, TOP] = [96, WIDTH - 150, 10];

/** Rates with their intervals on one scale, so that overlap can be seen. @returns '' where there is no rate. */
export function intervalChart(title: string, rows: readonly IntervalRow[]): string {
  const known = rows.flatMap(({ name, place, rate: { rate, low, high } }) =>
    rate === undefined || low === undefined || high === undefined
      ? []
      : [{ name, place, rate, low, high }],
  );
  if (known.length === 0) return '';
  const range = rangeOfShares(
    known.flatMap(({ low, high }) => [low, high]),
    0.06,
  );
  const x = scaleOf(range, [LEFT, RIGHT]);
  const ticks = ticksOf(range, 6);
  const bottom = TOP + known.length * ROW;
  const labels = shareLabels(ticks);
  return chart(bottom + 24, title, [
    ...ticks.map((tick, i) =>
      [
        line('grid', x(tick), TOP, x(tick), bottom),
        label(x(tick), bottom + 17, labels[i], 'middle'),
      ].join(''),
    ),
    ...known.map((row, i) => {
      const y = TOP + (i + 0.5) * ROW;
      const colour = colourOf(row.place);
      return `<g><title>${escapeHtml(`${row.name}: ${shareText(row.rate)}, ${shareText(row.low)} to ${shareText(row.high)}`)}</title>${[
        label(LEFT - 12, y + 4, row.name, 'end', 'name'),
        line(`range ${colour}`, x(row.low), y, x(row.high), y),
        `<circle class="mean ${colour}" cx="${px(x(row.rate))}" cy="${px(y)}" r="4.5"/>`,
        label(RIGHT + 14, y + 4, shareText(row.rate), 'start', 'value'),
      ].join('')}</g>`;
    }),
  ]);
}
