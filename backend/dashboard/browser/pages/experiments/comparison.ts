import {
  badge,
  empty,
  fold,
  h,
  muted,
  table,
  type Child,
  type Section,
  type Tone,
} from '../../dom.ts';
import { figure, percent, percentInterval, sentence } from '../../format.ts';
import { effectInterval } from '../../interval.ts';
import type { Comparison, Report } from './report.ts';
import { segmentsOf } from './segments.ts';

type Metric = Comparison['metrics'][number];

const VERDICTS: Partial<Record<Comparison['verdict']['kind'], Tone>> = {
  better: 'good',
  harmful: 'bad',
  worse: 'bad',
  'in-doubt': 'warn',
  mixed: 'warn',
};

/** What came out of one arm against the control, metric by metric. */
export function comparisonSection(
  { control, treatment, verdict, metrics, guardrails, resultData, segments }: Comparison,
  weights: Report['weights'],
  i: number,
): Section {
  const title = `${treatment} against ${control}`;
  if (verdict.kind === 'not-enough-data')
    return { id: `comparison-${i}`, title, content: whatWillBeRead(metrics, guardrails, weights) };
  const read = metrics.filter(({ found }) => found.kind !== 'no-answer');
  const rest = metrics.filter(({ found }) => found.kind === 'no-answer');
  return {
    id: `comparison-${i}`,
    title,
    tools: [badge(verdict.kind.replaceAll('-', ' '), VERDICTS[verdict.kind] ?? 'plain')],
    content: [
      h('p', {}, sentence(verdict.sentence)),
      resultData && resultOf(resultData, weights),
      read.length > 0 &&
        table(
          `Metrics of ${treatment} against ${control}`,
          [
            { label: 'Metric' },
            { label: control, number: true },
            { label: treatment, number: true },
            { label: 'Relative, 95 % always valid' },
            { label: 'Interval, drawn', hidden: true },
            { label: 'Chance to win', number: true },
          ],
          read.map(metricRow),
        ),
      ...byReason(rest).map(([message, names]) => muted(`${names.join(', ')}: ${message}`)),
      ...guardrails.map(({ metric, margin, found }) =>
        h(
          'p',
          {},
          `Guardrail: ${metric} at most ${percent(margin)} worse `,
          found.kind === 'no-answer' ? found.message : badge(...GUARDRAILS[found.verdict]),
        ),
      ),
      segments.length > 0 && fold(`segments-${i}`, 'Segments', segmentsOf(segments)),
    ],
  };
}

/** Before there is enough: the bar above says how far it is, and this what is read then. */
const whatWillBeRead = (
  metrics: readonly Metric[],
  guardrails: Comparison['guardrails'],
  weights: Report['weights'],
): Child[] => [
  empty(
    'Nothing can be read of it yet.',
    'The bar above says how far it is. What is read then, with intervals that may be looked at daily:',
  ),
  h(
    'ul',
    {},
    h('li', {}, `Metrics: ${metrics.map(({ metric }) => metric).join(', ')}`),
    guardrails.map(({ metric, margin }) =>
      h('li', {}, `Guardrail: ${metric} at most ${percent(margin)} worse`),
    ),
    weights?.told !== undefined && h('li', {}, `Result: ${weights.told.join('; ')}`),
  ),
];

/** The metrics that say nothing yet, in one line for each reason instead of a row each. */
function byReason(metrics: readonly Metric[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const { metric, found: none } of metrics)
    if (none.kind === 'no-answer')
      found.set(none.message, [...(found.get(none.message) ?? []), metric]);
  return [...found];
}

function metricRow({ metric, control, treatment, found }: Metric): Child[] {
  const means = [control, treatment].map(({ mean }) => (mean === null ? '–' : figure(mean)));
  if (found.kind === 'no-answer') return [metric, ...means, found.message, '', ''];
  const { relative, chanceToWin } = found;
  if (relative.kind === 'no-answer')
    return [metric, ...means, relative.message, '', percent(chanceToWin)];
  const { low, high } = relative.sequential;
  return [
    metric,
    ...means,
    h('span', { class: 'nowrap' }, percentInterval({ low, high })),
    low === null && high === null ? '' : effectInterval({ low, high, estimate: relative.estimate }),
    percent(chanceToWin),
  ];
}

function resultOf(
  data: NonNullable<Comparison['resultData']>,
  weights: Report['weights'],
): HTMLElement {
  const weighed = (weights?.told ?? []).map((line) => muted(line));
  if (data.kind === 'no-answer')
    return h('div', {}, h('p', {}, `Result: ${data.message}`), weighed);
  const { low, high } = data.sequential;
  return h(
    'div',
    {},
    h(
      'p',
      { class: 'result' },
      `Result ${figure(data.value)} (${figure(low)} to ${figure(high)}) `,
      effectInterval({ low, high, estimate: data.value }),
    ),
    weighed,
  );
}

const GUARDRAILS: Record<'kept' | 'broken' | 'open', readonly [string, Tone]> = {
  kept: ['passed', 'good'],
  broken: ['violated', 'bad'],
  open: ['undecided', 'plain'],
};
