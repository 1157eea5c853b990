import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { chart, label, labelledDates, line, px, WIDTH } from './chart.ts';
import { scaleOf } from './scale.ts';
import { escapeHtml } from './html.ts';

export interface Lane {
  readonly name: string;
  readonly spans: readonly {
    readonly from: number;
    readonly to: number;
    /** The CSS class of its colour; `title` says what it is. */
    readonly colour: string;
    readonly title: string;
  }[];
}

const ROW = 22;
const [LEFT, RIGHT, TOP] = [150, WIDTH - 16, 8];
/** So that what lasted only minutes can be seen on the scale of a month. */
const LEAST_WIDTH = 4;

/** Bars over the days of a month, one lane per thing that lasted. @param bounds epoch ms. */
export function timelineChart(
  title: string,
  { from, to }: { readonly from: number; readonly to: number },
  lanes: readonly Lane[],
): string {
  if (lanes.length === 0) return '';
  const x = scaleOf([from, to], [LEFT, RIGHT]);
  const bottom = TOP + lanes.length * ROW;
  const days = Math.round((to - from) / DAY_MS);
  return chart(bottom + 22, title, [
    ...labelledDates(days).map((date) => {
      const at = x(from + (date - 1) * DAY_MS);
      return line('grid', at, TOP, at, bottom) + label(at, bottom + 15, String(date), 'middle');
    }),
    ...lanes.map(({ name, spans }, lane) => {
      const y = TOP + lane * ROW;
      const bars = spans.map((span) => {
        const start = x(Math.max(from, span.from));
        const width = Math.max(LEAST_WIDTH, x(Math.min(to, span.to)) - start);
        return `<rect class="bar ${span.colour}" x="${px(Math.min(start, RIGHT - LEAST_WIDTH))}" y="${px(y + 4)}" width="${px(width)}" height="${ROW - 8}" rx="2"><title>${escapeHtml(span.title)}</title></rect>`;
      });
      return label(LEFT - 12, y + ROW / 2 + 4, name, 'end', 'name') + bars.join('');
    }),
  ]);
}
