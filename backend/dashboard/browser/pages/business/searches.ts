import { csvButton } from '../../csv.ts';
import { empty, h, muted, table, type Section } from '../../dom.ts';
import { percent, percentInterval, whole } from '../../format.ts';
import { choose } from '../../state.ts';
import type { BusinessSearch } from '../../../../http/answers.ts';

const SHOWN = 30;
const ORDERS = {
  frequent: 'asked for most often',
  leads: 'that surely lead to a click',
  fails: 'that surely lead to none',
} as const;

/** What visitors ask for. Of the last two orders the first are those whose interval says most, not those with few rankings by chance. */
export function searchesSection(
  searches: readonly BusinessSearch[],
  asked: string | undefined,
): Section {
  const order = asked === 'leads' || asked === 'fails' ? asked : 'frequent';
  const select = h(
    'select',
    { id: 'search-order', 'data-chooses': true },
    Object.entries(ORDERS).map(([value, label]) =>
      h('option', { value, selected: value === order }, label),
    ),
  );
  select.addEventListener('change', () => choose({ searches: select.value }));
  const sorted = searches.toSorted((a, b) => {
    if (order === 'leads') return (b.clickRate.low ?? 0) - (a.clickRate.low ?? 0);
    if (order === 'fails') return (a.clickRate.high ?? 1) - (b.clickRate.high ?? 1);
    return b.rankings - a.rankings;
  });
  return {
    id: 'searches',
    title: 'Searches',
    wide: true,
    tools: searches.length === 0 ? [] : [csvButton('searches', () => rowsOf(sorted))],
    content: [
      searches.length === 0
        ? empty('Nothing was asked for in this time.')
        : h(
            'div',
            {},
            h('div', { class: 'filter' }, h('label', { for: 'search-order' }, 'Those'), select),
            table(
              `Searches ${ORDERS[order]}`,
              [
                { label: 'Preferences' },
                { label: 'Rankings', number: true },
                { label: 'With a click', number: true },
                { label: '95 % interval' },
                { label: 'Booking started', number: true },
              ],
              sorted
                .slice(0, SHOWN)
                .map((one) => [
                  h('span', { class: 'details' }, preferencesText(one.preferences)),
                  whole(one.rankings),
                  percent(one.clickRate.rate),
                  h('span', { class: 'nowrap' }, percentInterval(one.clickRate)),
                  whole(one.bookingStarts),
                ]),
            ),
            muted(
              `Of the ${whole(searches.length)} searches that were made most often; the CSV has them all.`,
            ),
          ),
    ],
  };
}

/** `themes: food, history; price: 20 to 90`. */
function preferencesText(json: string): string {
  const value = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const text = Object.entries(value)
    .map(([name, one]) => `${name}: ${valueText(one)}`)
    .join('; ');
  return text === '' ? 'none stated' : text;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, one]) => `${name} ${valueText(one)}`)
      .join(', ');
  return String(value);
}

const rowsOf = (searches: readonly BusinessSearch[]) => [
  [
    'preferences',
    'rankings',
    'with a click',
    'click rate',
    'click rate, low',
    'click rate, high',
    'booking started',
  ],
  ...searches.map(({ preferences, rankings, clicked, clickRate, bookingStarts }) => [
    preferences,
    rankings,
    clicked,
    clickRate.rate,
    clickRate.low,
    clickRate.high,
    bookingStarts,
  ]),
];
