import type { CsvRow } from '../../../table/csv-text.ts';
import { csvButton } from '../csv.ts';
import { code, empty, h, mono, muted, notice, svg, table, type Section } from '../dom.ts';
import { percent, whole } from '../format.ts';
import { choose } from '../state.ts';
import type { DataSpread } from '../../../http/answers.ts';

type Column = DataSpread['columns'][number];
type Bucket = Column['buckets'][number];

const AMONG = ['catalogue', 'shown', 'clicked'] as const;
const MOST_NAMED = 6;

/** How diverse the data are that training reads: column by column beside the catalogue, and one of them in full. */
export function spreadSection(found: DataSpread, asked: string | undefined): Section {
  const { columns, rankings, items, gone } = found;
  const chosen = columns.find(({ attribute }) => attribute === asked) ?? columns[0];
  const rare = columns.flatMap(({ attribute, buckets }) =>
    buckets.filter(({ isRare }) => isRare).map(({ label }) => `${attribute} ${label}`),
  );
  const isEmpty = rankings === 0 || items === 0;
  return {
    id: 'spread',
    title: 'Diversity of the data',
    wide: true,
    tools: isEmpty ? [] : [csvButton('spread', () => rowsOf(columns))],
    content: isEmpty
      ? [
          items === 0
            ? empty(
                'No item of the catalogue can be shown.',
                code('npx trimtab import products.csv'),
                ' brings some.',
              )
            : empty(
                'No ranking of the last two weeks is read by training yet.',
                'Rankings of people who agree to be measured are, a second or two after they were made.',
              ),
        ]
      : [
          rare.length > 0 &&
            notice(
              'warn',
              `Hardly shown for their share of the catalogue: ${rare.slice(0, MOST_NAMED).join(', ')}${
                rare.length > MOST_NAMED ? ` and ${rare.length - MOST_NAMED} more` : ''
              }. Little is learned of them; exploration or a placement of their own would show them.`,
            ),
          h(
            'div',
            { class: 'side-by-side' },
            table(
              'Columns, and as how many equal buckets their items are spread',
              [
                { label: 'Column' },
                { label: 'Catalogue', number: true },
                { label: 'Shown', number: true },
                { label: 'Clicked', number: true },
                { label: 'Hardly shown', number: true },
              ],
              columns.map((column) => [
                h(
                  'a',
                  {
                    href: `?${withColumn(column.attribute)}#section-spread`,
                    'aria-current': column === chosen && 'true',
                  },
                  column.attribute,
                ),
                ...AMONG.map((among) => effectiveText(column.effective[among])),
                whole(column.buckets.filter(({ isRare }) => isRare).length),
              ]),
            ),
            h('div', {}, columnOf(columns, chosen), bucketsOf(chosen)),
          ),
          muted(
            `Of ${whole(rankings)} rankings of the last two weeks and ${whole(items)} items that can be shown. A figure such as 4.2 says: as even as 4.2 buckets of the same size (the exponential of the entropy).`,
            gone > 0
              ? ` ${whole(gone)} times an item was shown that is not in the catalogue any more.`
              : '',
          ),
        ],
  };
}

const effectiveText = (value: number | null) => (value === null ? '–' : value.toFixed(1));

function withColumn(attribute: string): string {
  const query = new URLSearchParams(location.search);
  query.set('column', attribute);
  return query.toString();
}

function columnOf(columns: readonly Column[], chosen: Column): HTMLElement {
  const select = h(
    'select',
    { id: 'spread-column', 'data-chooses': true },
    columns.map((column) =>
      h('option', { value: column.attribute, selected: column === chosen }, column.attribute),
    ),
  );
  select.addEventListener('change', () => choose({ column: select.value }));
  return h(
    'div',
    { class: 'filter' },
    h('label', { for: 'spread-column' }, 'Buckets of'),
    select,
    h(
      'span',
      { class: 'legend' },
      h('span', { class: 'key c5' }, 'catalogue'),
      h('span', { class: 'key c0' }, 'shown'),
      h('span', { class: 'key c1' }, 'clicked'),
    ),
  );
}

function bucketsOf({ attribute, buckets }: Column): HTMLElement {
  const total = Object.fromEntries(
    AMONG.map((among) => [among, buckets.reduce((sum, one) => sum + one[among], 0)]),
  ) as Record<(typeof AMONG)[number], number>;
  const share = (bucket: Bucket, among: (typeof AMONG)[number]) =>
    total[among] === 0 ? 0 : bucket[among] / total[among];
  // Many rare values together would make all bars short.
  const apart = buckets.filter(({ label }) => label !== 'others');
  const most = Math.max(...apart.flatMap((one) => AMONG.map((among) => share(one, among))));
  return table(
    `${attribute}: shares of the catalogue, of what was shown and of what was clicked`,
    [
      { label: 'Bucket' },
      { label: 'Shares', hidden: true },
      { label: 'Catalogue', number: true },
      { label: 'Shown', number: true },
      { label: 'Clicked', number: true },
    ],
    buckets.map((bucket) => [
      h(
        'span',
        {},
        mono(bucket.label),
        bucket.isRare && h('small', { class: 'rare' }, ' hardly shown'),
      ),
      bars(AMONG.map((among) => Math.min(1, share(bucket, among) / most))),
      ...AMONG.map((among) => percent(share(bucket, among))),
    ]),
  );
}

/** Three bars, one below the other. @param shares of the longest bar, 0 to 1. */
const bars = (shares: readonly number[]): SVGElement =>
  svg(
    'svg',
    { class: 'bars', viewBox: '0 0 100 18', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    shares.map((share, i) =>
      svg('rect', {
        class: ['c5', 'c0', 'c1'][i],
        y: i * 6 + 1,
        width: Math.max(share * 100, share > 0 ? 0.8 : 0),
        height: 4,
      }),
    ),
  );

const rowsOf = (columns: readonly Column[]): CsvRow[] => [
  ['column', 'bucket', 'items of the catalogue', 'shown', 'clicked', 'hardly shown'],
  ...columns.flatMap(({ attribute, buckets }) =>
    buckets.map((one) => [
      attribute,
      one.label,
      one.catalogue,
      one.shown,
      one.clicked,
      one.isRare ? 'yes' : 'no',
    ]),
  ),
];
