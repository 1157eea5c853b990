import { chart, type ChartSpec } from '../../chart.ts';
import { h, type Section } from '../../dom.ts';
import { figure, percent, whole } from '../../format.ts';
import { choose } from '../../state.ts';
import type { BusinessDay, BusinessFigures, Experiment } from '../../../../http/answers.ts';

type Estimate = BusinessDay['conversion'];

const LINES = 4;
const SPANS = [7, 30, 90];

/** No experiment has this id. */
const MARKET = 'by market';

/** What all figures of the page are of. */
export function chosenSection(
  days: number,
  experiment: string | undefined,
  experiments: readonly Experiment[],
  byMarket: boolean,
): Section {
  const span = h(
    'select',
    { id: 'business-days', 'data-chooses': true },
    SPANS.map((n) => h('option', { value: n, selected: n === days }, `${n} days`)),
  );
  span.addEventListener('change', () => choose({ days: span.value }));
  const by = h(
    'select',
    { id: 'business-by', 'data-chooses': true },
    h('option', { value: '', selected: experiment === undefined && !byMarket }, 'version'),
    h('option', { value: MARKET, selected: byMarket }, 'market'),
    experiments
      .filter(({ design, status }) => design === 'split' && status !== 'draft')
      .map(({ id, name }) =>
        h('option', { value: id, selected: id === experiment }, `arm of ${name}`),
      ),
  );
  by.addEventListener('change', () =>
    choose(
      by.value === MARKET ? { by: 'market', experiment: '' } : { by: '', experiment: by.value },
    ),
  );
  return {
    id: 'chosen',
    wide: true,
    content: [
      h(
        'div',
        { class: 'filter' },
        h('label', { for: 'business-days' }, 'Last'),
        span,
        h('label', { for: 'business-by' }, 'by'),
        by,
      ),
    ],
  };
}

export function overTimeSections(found: BusinessFigures): Section[] {
  const { groups, days, reference, by, closedBefore } = found;
  const list = [...new Set(days.map(({ day }) => day))].toSorted();
  const shown = groups
    .slice(0, LINES)
    .map(({ group }) => group)
    .toSorted();
  const at = new Map(days.map((row) => [`${row.day} ${row.group}`, row]));
  const open = list.filter((day) => Date.parse(day) >= closedBefore);
  const lines = (of: (row: BusinessDay) => Estimate | undefined): ChartSpec['series'] =>
    shown.map((group) => {
      const rows = list.map((day) => {
        const row = at.get(`${day} ${group}`);
        return row === undefined ? undefined : of(row);
      });
      return {
        label: group,
        values: rows.map((row) => row?.value ?? null),
        low: rows.map((row) => row?.low ?? null),
        high: rows.map((row) => row?.high ?? null),
      };
    });
  const x = { kind: 'name', label: 'Day (UTC)', values: list.map((day) => day.slice(5)) } as const;
  const otherwise = (what: string): ChartSpec['otherwise'] => [
    list.length === 0 ? 'No rankings in this time.' : what,
    list.length === 0 ? 'The curl line that "npm start" prints makes the first one.' : '',
  ];
  const note = [
    groups.length > LINES ? `The ${LINES} ${by}s that most rankings are of.` : '',
    open.length > 0
      ? `What comes of the rankings of ${open.length === 1 ? 'the last day' : `the last ${open.length} days`} may still come in.`
      : '',
  ]
    .filter((text) => text !== '')
    .join(' ');
  const one = (
    id: string,
    title: string,
    of: (row: BusinessDay) => Estimate | undefined,
    format: (value: number) => string,
    nothing: string,
    extra: Partial<ChartSpec> = {},
  ) =>
    chart({
      id,
      title,
      ...(note !== '' && { says: note }),
      x,
      series: lines(of),
      format,
      fromZero: true,
      otherwise: otherwise(nothing),
      ...extra,
    });
  return [
    {
      id: 'over-time',
      title: 'What visitors did',
      content: [
        one(
          'click-through-by-day',
          `Click-through by ${by} and day, with 95 % intervals`,
          ({ clickThrough }) => clickThrough,
          (value) => percent(value),
          'Nothing was clicked.',
        ),
        one(
          'conversion-by-day',
          'Conversion: bookings started of clicks',
          ({ conversion }) => conversion,
          (value) => percent(value),
          'Nothing was clicked.',
        ),
        one(
          'dwell-by-day',
          'Dwell: mean length of a look, seconds',
          ({ dwellSeconds }) => dwellSeconds,
          figure,
          'No dwell was reported.',
        ),
      ],
    },
    {
      id: 'revenue',
      title: 'Revenue',
      content: [
        one(
          'revenue-by-day',
          'Revenue per visitor',
          ({ revenuePerVisitor, sums }) => (sums.bookings > 0 ? revenuePerVisitor : undefined),
          figure,
          'No booking was reported.',
        ),
        one(
          'revenue-difference-by-day',
          `Revenue per visitor, less that of ${reference ?? 'the reference'}`,
          ({ revenueDifference, sums }) => (sums.bookings > 0 ? revenueDifference : undefined),
          figure,
          `There is no ${by} beside ${reference ?? 'it'} on the same day that brought a booking.`,
          {
            fromZero: false,
            says:
              by === 'arm'
                ? 'Each day by itself. Whether an arm is better is for its experiment to say, whose intervals may be read daily.'
                : 'Of visitors who saw one of the two on that day. Versions are not assigned at random unless an experiment does it.',
          },
        ),
        one(
          'rankings-by-day',
          'Rankings by day',
          ({ sums }) => ({ value: sums.rankings }),
          whole,
          '',
          { says: '' },
        ),
      ],
    },
    {
      id: 'satisfaction',
      title: 'Satisfaction',
      content: [
        one(
          'satisfaction-by-day',
          'Mean answer to the survey, 0 to 100 %',
          ({ satisfaction }) => satisfaction,
          (value) => percent(value),
          'Nobody answered a survey: askSatisfaction of the client’s extras asks a question.',
        ),
        one(
          'not-interested-by-day',
          '“Not interested”, per search',
          ({ dismissalsPerSearch, sums }) =>
            sums.dismissals > 0 ? dismissalsPerSearch : undefined,
          figure,
          'No item was said to be of no interest: a button with data-trimtab-action="not_interested" says so.',
        ),
      ],
    },
    {
      id: 'diversity',
      title: 'Diversity and coverage',
      content: [
        one(
          'effective-items-by-day',
          'As how many items, if all were shown equally often',
          ({ diversity }) => ({ value: diversity.effective }),
          figure,
          'No item was shown twice on a day.',
          {
            says: 'The inverse of Simpson’s index: the fewer items take most of what is shown, the lower it is, whatever the traffic.',
          },
        ),
        one(
          'coverage-by-day',
          'Share of the catalogue that was shown',
          ({ diversity }) => ({ value: diversity.coverage }),
          (value) => percent(value),
          'The catalogue is empty.',
          { says: 'It grows with the traffic: compare days and versions with as many rankings.' },
        ),
      ],
    },
  ];
}
