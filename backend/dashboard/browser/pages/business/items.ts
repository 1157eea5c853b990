import { csvButton } from '../../csv.ts';
import { empty, h, muted, table, type Section } from '../../dom.ts';
import { figure, percent, percentInterval, whole } from '../../format.ts';
import type { BusinessItem } from '../../../../http/answers.ts';

/** Of one item, or of those that were shown most often. */
export function itemsSection(
  items: readonly BusinessItem[],
  asked: string | undefined,
  all: string,
): Section {
  return {
    id: 'items',
    title: asked === undefined ? 'Items' : `Item ${asked}`,
    wide: true,
    tools: items.length === 0 ? [] : [csvButton('items', () => rowsOf(items))],
    content: [
      asked !== undefined && h('p', {}, h('a', { href: all }, 'All items')),
      items.length === 0
        ? empty(
            asked === undefined
              ? 'Nothing was shown in this time.'
              : `${asked} was not shown in this time.`,
          )
        : table(
            'What visitors did with items, those that were shown most often first',
            [
              { label: 'Item' },
              { label: 'Shown', number: true },
              { label: 'Click rate', number: true },
              { label: '95 % interval' },
              { label: 'Clicked at slot, mean', number: true },
              { label: 'Dwell, s', number: true },
              { label: 'Saves', number: true },
              { label: 'Contacts', number: true },
              { label: 'Not interested', number: true },
              { label: 'Bookings started', number: true },
              { label: 'Bookings', number: true },
              { label: 'Revenue', number: true },
            ],
            items.map((one) => [
              h('span', { class: 'mono nowrap' }, one.itemId),
              whole(one.shown),
              percent(one.clickRate.rate),
              h('span', { class: 'nowrap' }, percentInterval(one.clickRate)),
              one.meanClickedSlot === null ? '–' : one.meanClickedSlot.toFixed(1),
              one.dwellSeconds === null ? '–' : figure(one.dwellSeconds),
              whole(one.saves),
              whole(one.contacts),
              whole(one.dismissals),
              whole(one.bookingStarts),
              whole(one.bookings),
              figure(one.revenue),
            ]),
          ),
      items.length > 0 &&
        muted(
          asked === undefined
            ? `The ${whole(items.length)} that were shown most often; search for an item by its id to see another. `
            : '',
          'Click rates depend on where an item was shown: the slots of its clicks say how far up that was.',
        ),
    ],
  };
}

const rowsOf = (items: readonly BusinessItem[]) => [
  [
    'item',
    'shown',
    'clicked',
    'click rate',
    'click rate, low',
    'click rate, high',
    'mean slot of its clicks',
    'dwell seconds',
    'saves',
    'contacts',
    'not interested',
    'bookings started',
    'bookings',
    'revenue',
  ],
  ...items.map((one) => [
    one.itemId,
    one.shown,
    one.clicked,
    one.clickRate.rate,
    one.clickRate.low,
    one.clickRate.high,
    one.meanClickedSlot,
    one.dwellSeconds,
    one.saves,
    one.contacts,
    one.dismissals,
    one.bookingStarts,
    one.bookings,
    one.revenue,
  ]),
];
