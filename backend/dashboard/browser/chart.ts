import uPlot from 'uplot';
import { empty, h, table, type Child } from './dom.ts';
import { drawing } from './drawing.ts';

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Ends of an interval around each value, drawn as a band. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** Which of the palette's colours; by default the series' place. */
  readonly color?: number;
}

export interface ChartSpec {
  /** Of the page: a link to it can be shared. */
  readonly id: string;
  readonly title: string;
  /** What the chart says, in a sentence, for those who do not see it and for those who do. */
  readonly says?: string;
  readonly x:
    | { readonly kind: 'time'; readonly values: readonly number[] }
    | { readonly kind: 'number'; readonly label: string; readonly values: readonly number[] }
    | { readonly kind: 'name'; readonly label: string; readonly values: readonly string[] };
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  /** The scale begins at 0. */
  readonly fromZero?: boolean;
  /** What to show where there is nothing to draw. */
  readonly otherwise?: readonly [text: string, ...next: Child[]];
}

const HEIGHT = 220;
const COLORS = 6;
const specs = new WeakMap<Element, ChartSpec>();
const drawn = new Map<Element, uPlot>();

/** A figure with its legend, its numbers as a table and as CSV, and a link to it. It is drawn once it is in the page. */
export function chart(spec: ChartSpec): HTMLElement {
  const { id, title, says, series, otherwise } = spec;
  const has = series.some(({ values }) => values.some((value) => value !== null));
  if (!has)
    return h(
      'div',
      { class: 'chart', id },
      h('h3', {}, title),
      empty(otherwise?.[0] ?? 'Nothing to draw yet.', ...(otherwise?.slice(1) ?? [])),
    );
  const plot = h('div', { class: 'plot', 'aria-hidden': 'true' });
  specs.set(plot, spec);
  return drawing({
    id,
    title,
    ...(says !== undefined && { says }),
    beside: [
      series.length > 1 &&
        h(
          'span',
          { class: 'legend' },
          series.map(({ label, color }, i) =>
            h('span', { class: `key c${colorOf(color, i)}` }, label),
          ),
        ),
      h('span', { class: 'readout', 'aria-hidden': 'true' }),
    ],
    drawn: plot,
    table: table(
      title,
      headOf(spec).map((label, i) => ({ label, number: i > 0 })),
      rowsOf(spec, spec.format),
    ),
    csv: () => [headOf(spec), ...rowsOf(spec, (value) => value)],
  });
}

const colorOf = (color: number | undefined, i: number) => (color ?? i) % COLORS;

const headOf = ({ x, series }: ChartSpec): string[] => [
  x.kind === 'time' ? 'Time (UTC)' : x.label,
  ...series.flatMap(({ label, low }) =>
    low === undefined ? [label] : [label, `${label}, low`, `${label}, high`],
  ),
];

function rowsOf<T>({ x, series }: ChartSpec, format: (value: number) => T): (string | T)[][] {
  const cell = (value: number | null | undefined) =>
    value === null || value === undefined ? '' : format(value);
  return x.values.map((at, i) => [
    x.kind === 'time'
      ? new Date(at as number).toISOString().slice(0, 19).replace('T', ' ')
      : String(at),
    ...series.flatMap(({ values, low, high }) =>
      low === undefined ? [cell(values[i])] : [cell(values[i]), cell(low[i]), cell(high?.[i])],
    ),
  ]);
}

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const width = target.clientWidth;
    if (width > 0) drawn.get(target)?.setSize({ width, height: HEIGHT });
  }
});

/** Draws the charts in a part of the page, and forgets those that are not in it any more. */
export function mountCharts(root: ParentNode): void {
  for (const [plot, chartOf] of drawn)
    if (!plot.isConnected) {
      chartOf.destroy();
      resized.unobserve(plot);
      drawn.delete(plot);
    }
  for (const plot of root.querySelectorAll<HTMLElement>('.plot')) draw(plot);
}

/** Colours are read when a chart is drawn: under another theme they are others. */
export function drawAgain(): void {
  // A copy: `draw` adds to the map, and a loop over the map itself would come to what was added, for ever.
  const all = [...drawn];
  for (const [plot, chartOf] of all) {
    chartOf.destroy();
    draw(plot as HTMLElement);
  }
}

function draw(plot: HTMLElement): void {
  const spec = specs.get(plot);
  if (spec === undefined) return;
  plot.replaceChildren();
  const color = (name: string) => colorNow(plot, name);
  const { x, series, format } = spec;
  const xs = x.kind === 'name' ? x.values.map((_, i) => i) : x.values.map(Number);
  const data: (number | null)[][] = [x.kind === 'time' ? xs.map((ms) => ms / 1000) : xs];
  const lines: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  series.forEach(({ label, values, low, high, color: own }, i) => {
    const stroke = color(`--c${colorOf(own, i)}`);
    data.push([...values]);
    // A value between two that are not known has no line to be seen by.
    const few = values.filter((value) => value !== null).length <= 40;
    lines.push({ label, stroke, width: 2, points: { show: few, size: 6, fill: stroke } });
    if (low === undefined || high === undefined) return;
    const at = data.push([...high], [...low]) - 1;
    const edge = { stroke: 'transparent', width: 0, points: { show: false } };
    lines.push(edge, edge);
    bands.push({ series: [at - 1, at], fill: faint(stroke) });
  });
  const readout = plot.parentElement?.querySelector('.readout');
  const axis = { stroke: color('--muted'), font: '12px system-ui, sans-serif' };
  const grid = { stroke: color('--line'), width: 1 };
  const xText = (value: number, incr: number) => {
    if (x.kind === 'name') return Number.isInteger(value) ? (x.values[value] ?? '') : '';
    return x.kind === 'time' ? clock(value * 1000, incr) : String(value);
  };
  const chartOf = new uPlot(
    {
      width: Math.max(plot.clientWidth, 200),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { size: 7 } },
      scales: {
        x: {
          time: x.kind === 'time',
          range: (_, min, max) => (xs.length === 1 ? aroundOne(x, data[0][0]!) : [min, max]),
        },
        y: {
          range: (_, min, max) => {
            const low = spec.fromZero === true ? Math.min(0, min) : min;
            const room = (max - low || Math.abs(max) || 1) * 0.08;
            return [spec.fromZero === true && low === 0 ? 0 : low - room, max + room];
          },
        },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          ticks: { show: false },
          size: 34,
          // The lowest label of the other axis is as high as half its line below it.
          gap: 10,
          space: x.kind === 'name' ? 76 : 64,
          ...(x.kind === 'name' && { incrs: [1, 2, 5, 10, 20, 50] }),
          values: (_, splits, __, ___, incr) => splits.map((value) => xText(value, incr)),
        },
        {
          ...axis,
          grid,
          ticks: { show: false },
          // As wide as the longest label needs.
          size: (_, labels) =>
            Math.max(44, 16 + 7.2 * Math.max(0, ...(labels ?? []).map(({ length }) => length))),
          values: (_, splits) => splits.map((value) => format(value)),
        },
      ],
      series: lines,
      bands,
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            if (readout === null || readout === undefined) return;
            readout.textContent =
              idx === null || idx === undefined
                ? ''
                : [
                    xText(data[0][idx]!, 60),
                    ...series.flatMap(({ label, values }) =>
                      values[idx] === null || values[idx] === undefined
                        ? []
                        : [`${series.length > 1 ? `${label} ` : ''}${format(values[idx])}`],
                    ),
                  ].join(' · ');
          },
        ],
      },
    },
    data as uPlot.AlignedData,
    plot,
  );
  drawn.set(plot, chartOf);
  resized.observe(plot);
}

/** One point alone has no span of its own, and uPlot would take one of years: it stands in the middle of an hour, or of the chart. */
const aroundOne = ({ kind }: ChartSpec['x'], at: number): [number, number] =>
  kind === 'time' ? [at - 1800, at + 1800] : [at - 1, at + 1];

/** What a variable of the style sheet is as a colour under the theme of the moment, `rgb(…)`. */
function colorNow(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

const faint = (color: string) => color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)');

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

/** In the time of whoever looks; the table has UTC. */
function clock(ms: number, incr: number): string {
  const at = new Date(ms);
  if (incr >= YEAR_SECONDS / 2)
    return at.toLocaleDateString('en', { month: 'short', year: 'numeric' });
  return incr >= DAY_SECONDS
    ? at.toLocaleDateString('en', { day: 'numeric', month: 'short' })
    : at.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}
