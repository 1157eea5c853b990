import { api, json } from '../api.ts';
import { chart } from '../chart.ts';
import { badge, empty, h, mono, muted, table, type Section } from '../dom.ts';
import { percent, whole } from '../format.ts';
import { interval } from '../interval.ts';
import { chosen } from '../state.ts';
import type { Answer, Clicks } from '../../../http/answers.ts';
import type { Page } from './page.ts';

type Items = Answer<'/v1/clicks/items'>['items'];

const LINES = 4;

export const businessPage: Page = {
  topics: ['traffic', 'live'],
  everyMs: 60_000,
  async load() {
    const [clicks, { items }, { weights }, { weights: live }, { reports }] = await Promise.all([
      json(api.clicks.$get({ query: {} })),
      json(api.clicks.items.$get({ query: { limit: '1000' } })),
      json(api.weights.$get()),
      json(api.status.$get()),
      json(api.reports.$get()),
    ]);
    const names = new Map(weights.map(({ version, name }) => [version, name]));
    return [
      overTimeSection(clicks),
      versionsSection(clicks, names, live?.version),
      itemsSection(items, chosen('item')),
      reportsSection(reports),
    ];
  },
};

function overTimeSection({ days, versions }: Clicks): Section {
  const list = [...new Set(days.map(({ day }) => day))].toSorted();
  const most = versions
    .toSorted((a, b) => b.rankings - a.rankings)
    .slice(0, LINES)
    .map(({ version }) => version)
    .toSorted();
  const at = new Map(days.map((row) => [`${row.day} ${row.version}`, row]));
  return {
    id: 'over-time',
    title: 'Click-through over time',
    content: [
      chart({
        id: 'click-through-by-day',
        title: 'Click-through by version and day, with 95 % intervals',
        ...(versions.length > LINES && {
          says: `The ${LINES} versions that most rankings are of.`,
        }),
        x: { kind: 'name', label: 'Day (UTC)', values: list.map((day) => day.slice(5)) },
        series: most.map((version) => {
          const rows = list.map((day) => at.get(`${day} ${version}`));
          return {
            label: version,
            values: rows.map((row) => row?.rate ?? null),
            low: rows.map((row) => row?.low ?? null),
            high: rows.map((row) => row?.high ?? null),
          };
        }),
        format: (value) => percent(value),
        fromZero: true,
        otherwise: [
          'No rankings in the last 30 days.',
          'The curl line that "npm start" prints makes the first one.',
        ],
      }),
      chart({
        id: 'rankings-by-day',
        title: 'Rankings by day',
        x: { kind: 'name', label: 'Day (UTC)', values: list.map((day) => day.slice(5)) },
        series: [
          {
            label: 'rankings',
            values: list.map((day) =>
              days.reduce((sum, row) => (row.day === day ? sum + row.rankings : sum), 0),
            ),
            color: 5,
          },
        ],
        format: whole,
        fromZero: true,
        otherwise: ['No rankings in the last 30 days.'],
      }),
    ],
  };
}

function versionsSection(
  { versions }: Clicks,
  names: ReadonlyMap<string, string>,
  champion: string | undefined,
): Section {
  const knownRows = versions.filter(({ rate }) => rate !== undefined);
  const range = [
    Math.min(...knownRows.map(({ low }) => low!)),
    Math.max(...knownRows.map(({ high }) => high!)),
  ] as const;
  const newestFirst = versions.toSorted((a, b) => (a.version < b.version ? 1 : -1));
  return {
    id: 'versions',
    title: 'Click-through by version',
    content: [
      versions.length === 0
        ? empty('No rankings in the last 30 days.')
        : table(
            'Click-through by version, the last 30 days',
            [
              { label: 'Version' },
              { label: 'Rankings', number: true },
              { label: 'Clicked', number: true },
              { label: 'Click-through', number: true },
              { label: '95 % interval' },
              { label: 'Interval, drawn', hidden: true },
            ],
            newestFirst.map((row) => [
              h(
                'span',
                {},
                h(
                  'a',
                  { class: 'mono', href: `/dashboard/weights?version=${row.version}` },
                  row.version,
                ),
                ' ',
                names.get(row.version) ?? '',
                ' ',
                row.version === champion && badge('champion', 'good'),
              ),
              whole(row.rankings),
              whole(row.clicked),
              percent(row.rate),
              h(
                'span',
                { class: 'nowrap' },
                row.rate === undefined ? '–' : `${percent(row.low)} to ${percent(row.high)}`,
              ),
              row.rate !== undefined &&
                interval({ low: row.low!, high: row.high!, mean: row.rate }, range),
            ]),
          ),
      muted(
        'Versions at the same time can be compared here by eye; whether one is better is for rollouts and experiments to say.',
      ),
    ],
  };
}

const SHOWN = 50;
const COLUMNS = [
  ['click', 'Clicks'],
  ['save', 'Saves'],
  ['contact', 'Contacts'],
  ['booking_start', 'Bookings started'],
  ['booking', 'Bookings'],
] as const;

function itemsSection(items: Items, asked: string | undefined): Section {
  const shown = (
    asked === undefined ? items : items.filter(({ itemId }) => itemId === asked)
  ).slice(0, SHOWN);
  return {
    id: 'items',
    title: asked === undefined ? 'Items' : `Item ${asked}`,
    wide: true,
    content: [
      asked !== undefined && h('p', {}, h('a', { href: '?' }, 'All items')),
      shown.length === 0
        ? empty(
            asked === undefined
              ? 'No day is counted yet.'
              : `${asked} was not shown on a day that is counted.`,
            'Items are counted day by day, once a day is closed: when feedback on its rankings can no longer arrive (trainingData.attributionDays, a week by default).',
          )
        : table(
            'Items that were shown most often, on closed days of the last 30',
            [
              { label: 'Item' },
              { label: 'Shown', number: true },
              { label: 'Click rate', number: true },
              ...COLUMNS.map(([, label]) => ({ label, number: true })),
            ],
            shown.map(({ itemId, counts }) => [
              mono(itemId),
              whole(counts.shown ?? 0),
              counts.shown ? percent((counts.click ?? 0) / counts.shown) : '–',
              ...COLUMNS.map(([metric]) => whole(counts[metric] ?? 0)),
            ]),
          ),
      items.length > SHOWN &&
        asked === undefined &&
        muted(
          `The ${SHOWN} that were shown most often; search for an item by its id to see another.`,
        ),
    ],
  };
}

const reportsSection = (reports: readonly { readonly month: string }[]): Section => ({
  id: 'reports',
  title: 'Monthly reports',
  content: [
    reports.length === 0
      ? empty('There is none yet.', 'The first one is written once a month is over.')
      : h(
          'ul',
          { class: 'links' },
          reports.map(({ month }) =>
            h('li', {}, h('a', { href: `/v1/reports/${month}?format=html` }, month)),
          ),
        ),
  ],
});
