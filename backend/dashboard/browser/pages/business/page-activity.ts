import { chart } from '../../chart.ts';
import type { CsvRow } from '../../../../table/csv-text.ts';
import { empty, h, muted, svg, table, type Section } from '../../dom.ts';
import { drawing } from '../../drawing.ts';
import { percent, whole } from '../../format.ts';
import { choose } from '../../state.ts';
import type { PageActivity } from '../../../../http/answers.ts';

const GRID = 10;
/** Of the outline, in the units of its own. */
const [WIDTH, HEIGHT, BAR] = [200, 260, 14];

/** Where on the page people had the pointer, and how far down they came. */
export const pageActivitySection = (found: PageActivity): Section => ({
  id: 'page-activity',
  title: 'On the page',
  wide: true,
  tools: found.placements.length > 1 ? [placementOf(found)] : [],
  content: [
    found.placements.length === 0
      ? empty(
          'Nothing was reported of pointers or scrolling in this time.',
          'The client’s extras report both: trackPointer and trackScroll, or trackAll (docs/sdk.md).',
        )
      : h('div', { class: 'side-by-side' }, heatMap(found), scrollCurve(found)),
    found.placements.length > 0 &&
      muted(
        'What one visitor did on one day is one visit, and each visit counts the same, however long it was. A cell is a tenth of the width and of the height of the whole page.',
      ),
  ],
});

function placementOf({ placement, placements }: PageActivity): HTMLElement {
  const select = h(
    'select',
    { id: 'page-placement', 'data-chooses': true },
    placements.map(({ placement: one, visits }) =>
      h('option', { value: one, selected: one === placement }, `${one} (${whole(visits)} visits)`),
    ),
  );
  select.addEventListener('change', () => choose({ placement: select.value }));
  return h('span', { class: 'filter' }, h('label', { for: 'page-placement' }, 'Placement'), select);
}

function heatMap({ placement, pointer }: PageActivity): HTMLElement {
  const title = 'Where the pointer was';
  if (pointer.visits === 0)
    return h(
      'div',
      { class: 'chart' },
      h('h3', {}, title),
      empty(
        `No pointer was reported in ${placement ?? 'any placement'}.`,
        'trackPointer of the client’s extras reports it.',
      ),
    );
  const at = new Map(pointer.cells.map((cell) => [`${cell.x},${cell.y}`, cell]));
  const rows = Array.from({ length: GRID }, (_, y) =>
    Array.from({ length: GRID }, (__, x) => at.get(`${x},${y}`)?.share ?? 0),
  );
  const most = pointer.cells.toSorted((a, b) => b.share - a.share)[0];
  const csv: CsvRow[] = [
    ['column from the left', 'row from the top', 'share', 'visits'],
    ...pointer.cells.map(({ x, y, share, visits }) => [x + 1, y + 1, share, visits]),
  ];
  return drawing({
    id: 'pointer-heat-map',
    title,
    says: `Shares of the pointer activity of an average visit, of ${whole(pointer.visits)} visits. Most was in column ${most.x + 1}, row ${most.y + 1}: ${percent(most.share)}.`,
    drawn: outline(rows, most.share),
    table: table(
      `${title}: rows from the top of the page, columns from the left`,
      [
        { label: 'Row' },
        ...Array.from({ length: GRID }, (_, x) => ({ label: String(x + 1), number: true })),
      ],
      rows.map((row, y) => [String(y + 1), ...row.map((share) => percent(share))]),
    ),
    csv: () => csv,
  });
}

/** A page in outline: its bar, and its cells, the more often a pointer was there the fuller their colour. */
function outline(rows: readonly (readonly number[])[], most: number): SVGElement {
  const [width, height] = [WIDTH / GRID, (HEIGHT - BAR) / GRID];
  return svg(
    'svg',
    { class: 'heat', viewBox: `-1 -1 ${WIDTH + 2} ${HEIGHT + 2}`, 'aria-hidden': 'true' },
    svg('rect', { class: 'page', width: WIDTH, height: HEIGHT, rx: 6 }),
    [8, 16, 24].map((cx) => svg('circle', { class: 'dot', cx, cy: BAR / 2, r: 2 })),
    rows.flatMap((row, y) =>
      row.map((share, x) =>
        svg(
          'rect',
          {
            class: 'cell',
            x: x * width,
            y: BAR + y * height,
            width,
            height,
            // The root keeps what is rare visible beside what is frequent.
            'fill-opacity': Math.sqrt(share / most).toFixed(3),
          },
          svg('title', {}, `Column ${x + 1}, row ${y + 1}: ${percent(share)}`),
        ),
      ),
    ),
  );
}

function scrollCurve({ placement, scroll }: PageActivity): HTMLElement {
  const { reached, visits } = scroll;
  const half = reached.findLast(({ rate }) => (rate ?? 0) >= 0.5);
  return chart({
    id: 'scroll-depth',
    title: 'How far pages are read, with 95 % intervals',
    ...(half !== undefined && {
      says: `Share of ${whole(visits)} visits that had so much of the page in view. Half of them came as far as ${percent(half.depth, 0)}.`,
    }),
    x: {
      kind: 'number',
      label: 'Of the page, %',
      values: reached.map(({ depth }) => Math.round(depth * 100)),
    },
    series: [
      {
        label: 'Visits that came so far',
        values: reached.map(({ rate }) => rate ?? null),
        low: reached.map(({ low }) => low ?? null),
        high: reached.map(({ high }) => high ?? null),
      },
    ],
    format: (value) => percent(value),
    fromZero: true,
    otherwise: [
      `No scroll depth was reported in ${placement ?? 'any placement'}.`,
      'trackScroll of the client’s extras reports it.',
    ],
  });
}
