import { csvButton } from '../../csv.ts';
import { badge, empty, h, muted, table, type Section } from '../../dom.ts';
import { figure, percent, whole } from '../../format.ts';
import { interval } from '../../interval.ts';
import type { BusinessFigures, BusinessGroup } from '../../../../http/answers.ts';
import { estimateText } from './estimate-text.ts';

const LABELS = { arm: 'Arm', market: 'Market', version: 'Version' } as const;

/** All figures by version, market or arm, over the whole time. */
export function groupsSection(
  { groups, by, reference, mixed, catalogue }: BusinessFigures,
  names: ReadonlyMap<string, string>,
  champion: string | undefined,
): Section {
  const known = groups.flatMap(({ clickThrough: { low, high } }) =>
    low === undefined || high === undefined ? [] : [[low, high] as const],
  );
  const range = [
    Math.min(...known.map(([low]) => low)),
    Math.max(...known.map(([, high]) => high)),
  ] as const;
  const isCompared = groups.some(({ revenueDifference }) => revenueDifference !== undefined);
  const nameOf = (group: string) =>
    h(
      'span',
      {},
      by !== 'version'
        ? group
        : h('a', { class: 'mono', href: `/dashboard/weights?version=${group}` }, group),
      ' ',
      by === 'version' && (names.get(group) ?? ''),
      ' ',
      by === 'version' && group === champion && badge('champion', 'good'),
      by === 'arm' && group === reference && badge('control', 'plain'),
    );
  return {
    id: 'versions',
    title: `By ${by}`,
    wide: true,
    tools: groups.length === 0 ? [] : [csvButton(`business-by-${by}`, () => rowsOf(groups))],
    content: [
      groups.length === 0
        ? empty('No rankings in this time.')
        : table(
            `What visitors did, by ${by}`,
            [
              { label: LABELS[by] },
              { label: 'Visitors', number: true },
              { label: 'Rankings', number: true },
              { label: 'Click-through', number: true },
              { label: 'Interval, drawn', hidden: true },
              { label: 'Conversion', number: true },
              { label: 'Dwell, s', number: true },
              { label: 'Bookings', number: true },
              { label: 'Revenue', number: true },
              { label: 'per visitor', number: true },
              ...(isCompared ? [{ label: `less ${reference}`, number: true }] : []),
              { label: 'Satisfaction', number: true },
              { label: 'Not interested, per search', number: true },
              { label: 'Effective items', number: true },
              { label: 'Catalogue shown', number: true },
            ],
            groups.map((one) => {
              const { clickThrough, conversion, dwellSeconds, revenuePerVisitor, sums } = one;
              const { low, high, value } = clickThrough;
              return [
                nameOf(one.group),
                whole(one.visitors),
                whole(sums.rankings),
                estimateText(clickThrough, (share) => percent(share)),
                value !== null &&
                  low !== undefined &&
                  high !== undefined &&
                  interval({ low, high, mean: value }, range),
                estimateText(conversion, (share) => percent(share)),
                estimateText(dwellSeconds, figure),
                whole(sums.bookings),
                figure(sums.revenue),
                estimateText(revenuePerVisitor, figure),
                ...(isCompared
                  ? [
                      one.revenueDifference === undefined
                        ? '–'
                        : estimateText(one.revenueDifference, figure),
                    ]
                  : []),
                estimateText(one.satisfaction, (score) => percent(score)),
                estimateText(one.dismissalsPerSearch, figure),
                one.diversity.effective === null ? '–' : figure(one.diversity.effective),
                percent(one.diversity.coverage),
              ];
            }),
          ),
      muted(
        `In brackets 95 % intervals over visitors, where enough of them did it. The catalogue has ${whole(catalogue)} items. `,
        by === 'arm'
          ? `${whole(mixed)} who saw more than one arm are left out of the difference. The experiment itself says whether an arm is better.`
          : by === 'market'
            ? 'Markets differ in their visitors, items and prices, and not in what ranks.'
            : 'Whether one version is better is for rollouts and experiments to say: versions were live at different times.',
      ),
    ],
  };
}

const rowsOf = (groups: readonly BusinessGroup[]) => [
  [
    'group',
    'visitors',
    'rankings',
    'clicked rankings',
    'clicks',
    'bookings started',
    'bookings',
    'revenue',
    ...[
      'click-through',
      'conversion',
      'dwell seconds',
      'revenue per visitor',
      'satisfaction',
      'not interested per search',
    ].flatMap((name) => [name, `${name}, low`, `${name}, high`]),
    'items shown',
    'effective items',
    'share of the catalogue',
  ],
  ...groups.map(
    ({
      group,
      visitors,
      sums,
      clickThrough,
      conversion,
      dwellSeconds,
      revenuePerVisitor,
      satisfaction,
      dismissalsPerSearch,
      ...one
    }) => [
      group,
      visitors,
      sums.rankings,
      sums.clicked,
      sums.clicks,
      sums.bookingStarts,
      sums.bookings,
      sums.revenue,
      ...[
        clickThrough,
        conversion,
        dwellSeconds,
        revenuePerVisitor,
        satisfaction,
        dismissalsPerSearch,
      ].flatMap(({ value, low, high }) => [value, low, high]),
      one.diversity.items,
      one.diversity.effective,
      one.diversity.coverage,
    ],
  ),
];
