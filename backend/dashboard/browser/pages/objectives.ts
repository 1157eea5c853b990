import { api, json } from '../api.ts';
import { chart } from '../chart.ts';
import { badge, empty, h, muted, table, when, type Section, type Tone } from '../dom.ts';
import { duration, figure, percent, whole } from '../format.ts';
import type { Objectives } from '../../../http/answers.ts';
import type { Page } from './page.ts';

const DAYS = 28;

export const objectivesPage: Page = {
  topics: ['alerts'],
  everyMs: 60_000,
  async load() {
    const found = await json(api.objectives.$get({ query: { days: String(DAYS) } }));
    return [stateSection(found), historySection(found), movesSection(found)];
  },
};

type Objective = Objectives['objectives'][number];

const TONES: Readonly<Record<Objective['state'], Tone>> = {
  kept: 'good',
  burning: 'warn',
  spent: 'bad',
  unknown: 'plain',
};

const stateSection = ({ objectives }: Objectives): Section => ({
  id: 'objectives',
  title: 'Kept, and what is left to go wrong',
  wide: true,
  content: [
    muted(
      'Of the last 28 days. What may go wrong is an error budget; a burn rate of 1 spends it in just that time.',
    ),
    table(
      'Objectives',
      [
        { label: 'Objective' },
        { label: 'State' },
        { label: 'Is to hold', number: true },
        { label: 'Held', number: true },
        { label: 'Of', number: true },
        { label: 'Budget left', number: true },
        { label: 'Burn rate, 1 h', number: true },
        { label: '3 d', number: true },
      ],
      objectives.map((one) => [
        h('span', { class: 'sentence' }, one.says),
        badge(one.state, TONES[one.state]),
        percent(one.target, 2),
        one.total === 0 ? '–' : percent(one.good / one.total, 2),
        whole(one.total),
        percent(one.budgetLeft, 0),
        rateOf(one, 3_600_000),
        rateOf(one, 259_200_000),
      ]),
    ),
  ],
});

function rateOf({ burnRates }: Objective, window: number): string {
  const rate = burnRates.find(({ windowMs }) => windowMs === window)?.rate;
  return typeof rate === 'number' ? figure(rate) : '–';
}

/** What is left of each budget at the end of each stretch, had it begun whole with the first. */
function historySection({ objectives, history, stretchMs }: Objectives): Section {
  const known = objectives.filter(({ total }) => total > 0);
  const series = known.map(({ name, says, target, total: whole28 }) => {
    let bad = 0;
    return {
      label: says,
      values: history.map(({ counts }) => {
        const { good, total } = counts[name] ?? { good: 0, total: 0 };
        bad += total - good;
        return 1 - bad / ((1 - target) * whole28);
      }),
    };
  });
  return {
    id: 'history',
    title: 'Over time',
    wide: true,
    content: [
      chart({
        id: 'budgets',
        title: 'Error budget left',
        says: `After each ${duration(stretchMs)} of the last ${DAYS} days. A line that falls to 0 has spent what may go wrong in all of them.`,
        x: { kind: 'time', values: history.map(({ at }) => at + stretchMs) },
        series,
        format: (value) => percent(value, 0),
        otherwise: [
          'Nothing was counted yet.',
          'The monitors count every five minutes what the log and the probes tell.',
        ],
      }),
    ],
  };
}

const movesSection = ({ moves }: Objectives): Section => ({
  id: 'moves',
  title: 'From a rollback to all edges',
  wide: true,
  content: [
    moves.length === 0
      ? empty('The pointer was not moved yet.')
      : table(
          'The last moves of the pointer',
          [
            { label: 'Pointer' },
            { label: 'Moved' },
            { label: 'Last ranking by an older one', number: true },
          ],
          moves.map(({ revision, at, tookMs }) => [
            `r${revision}`,
            when(at),
            tookMs === 0 ? 'none after it' : `${figure(tookMs / 1000)} s after it`,
          ]),
        ),
  ],
});
