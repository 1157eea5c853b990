import { badge, empty, h, table, when } from './dom.js';
import { effectInterval } from './effect-interval.js';
import { ago, figure, percent, whole } from './format.js';

const TONES = { draft: 'plain', running: 'good', stopped: 'plain' };
const VERDICTS = {
  better: 'good',
  harmful: 'bad',
  worse: 'bad',
  'in-doubt': 'warn',
  mixed: 'warn',
};

/**
 * @param experiments of `GET /v1/experiments`, newest first
 * @param reports id → `report` of `GET /v1/experiments/{id}`, as far as they are known
 */
export function experimentsSection(experiments, reports, nowMs) {
  const shown = experiments.filter(({ status }) => status !== 'stopped');
  const last = experiments.filter(({ status }) => status === 'stopped').slice(0, 3);
  if (experiments.length === 0)
    return h(
      'div',
      { class: 'card' },
      empty('No experiment yet. '),
      h('code', {}, 'trimtab experiments create'),
    );
  return h('div', {}, ...[...shown, ...last].map((one) => card(one, reports.get(one.id), nowMs)));
}

const card = (one, report, nowMs) =>
  h(
    'article',
    { class: 'card' },
    h('h3', {}, one.name, ' ', badge(one.status, TONES[one.status])),
    h(
      'p',
      { class: 'since' },
      `${percent(one.traffic)} of the ${one.unit}s of layer ${one.layer}, ${one.design}`,
      ...ran(one, nowMs),
    ),
    ...(report ? read(one, report, nowMs) : [arms(one)]),
  );

function ran({ startedAt, stoppedAt }, nowMs) {
  if (startedAt === null) return [];
  const started = when(startedAt, ago(startedAt, nowMs));
  if (stoppedAt === null) return [', since ', started];
  return [', started ', started, ', stopped ', when(stoppedAt, ago(stoppedAt, nowMs))];
}

const arms = (one, units = new Map()) =>
  table(
    [
      { label: 'Arm' },
      { label: 'Weight', number: true },
      { label: 'Serves' },
      { label: unitName(one), number: true },
    ],
    one.arms.map(({ name, weight, version, reward }) => [
      name,
      figure(weight),
      h('span', { class: 'mono' }, version ?? 'champion', reward ? ` (${reward} reward)` : ''),
      whole(units.get(name)),
    ]),
  );

const unitName = ({ unit }) => (unit === 'user' ? 'Users' : 'Sessions');

function read(one, { analysis, frozen, at, refusedUnits, weights }, nowMs) {
  const units = new Map(analysis.arms.map((arm) => [arm.name, arm.units]));
  return [
    h('p', {}, analysis.verdict),
    ...analysis.doubts.map((doubt) => h('p', { class: 'notice bad' }, doubt)),
    // Every slate of an interleaved experiment holds both arms: there is nothing to count by arm.
    ...(analysis.interleaving ? [] : [arms(one, units)]),
    ...analysis.comparisons.map((comparison) => compared(comparison, weights)),
    h(
      'p',
      { class: 'since' },
      analysis.interleaving ? '' : `${srm(analysis.srm)}, `,
      refusedUnits > 0 ? `${whole(refusedUnits)} left out as not people’s, ` : '',
      frozen ? 'frozen ' : 'counted ',
      when(at, ago(at, nowMs)),
    ),
  ];
}

const srm = (check) =>
  check.kind === 'no-answer'
    ? check.message
    : `arms ${check.mismatch ? 'not ' : ''}as dealt (p ${figure(check.pValue)})`;

const compared = ({ control, treatment, verdict, metrics, guardrails, resultData }, weights) =>
  h(
    'div',
    {},
    h(
      'h4',
      {},
      `${treatment} against ${control} `,
      badge(verdict.kind, VERDICTS[verdict.kind] ?? 'plain'),
    ),
    resultData ? result(resultData, weights) : undefined,
    table(
      [
        { label: 'Metric' },
        { label: control, number: true },
        { label: treatment, number: true },
        { label: 'Relative, 95 % always valid' },
        { label: '' },
        { label: 'Chance to win', number: true },
      ],
      metrics.filter((one) => !isFlat(one)).map(metricRow),
    ),
    flat(metrics.filter(isFlat)),
    ...guardrails.map(({ metric, margin, found }) => guarded(metric, margin, found)),
  );

const isFlat = ({ found }) => found.kind === 'no-answer' && found.reason === 'no-spread';

/** Metrics that nobody has, or everybody the same of, in one line instead of a row each. */
const flat = (metrics) =>
  metrics.length === 0
    ? undefined
    : h(
        'p',
        { class: 'muted' },
        `${metrics.map(({ metric }) => metric).join(', ')}: ${metrics[0].found.message}`,
      );

function metricRow({ metric, control, treatment, found }) {
  const means = [control, treatment].map(({ mean }) => (mean === null ? '–' : figure(mean)));
  if (found.kind === 'no-answer') return [metric, ...means, found.message, '', ''];
  const { relative, chanceToWin } = found;
  if (relative.kind === 'no-answer')
    return [metric, ...means, relative.message, '', percent(chanceToWin)];
  const { low, high } = relative.sequential;
  return [
    metric,
    ...means,
    h('span', { class: 'nowrap' }, `${percent(low)} to ${percent(high)}`),
    effectInterval({ low, high, estimate: relative.estimate }),
    percent(chanceToWin),
  ];
}

function result(data, weights) {
  const weighed = (weights?.told ?? []).map((line) => h('p', { class: 'muted' }, line));
  if (data.kind === 'no-answer')
    return h('div', {}, h('p', {}, `Result: ${data.message}`), ...weighed);
  const { low, high } = data.sequential;
  return h(
    'div',
    {},
    h(
      'p',
      {},
      `Result ${figure(data.value)} (${figure(low)} to ${figure(high)}) `,
      effectInterval({ low, high, estimate: data.value }),
    ),
    ...weighed,
  );
}

const GUARDED = { kept: 'good', broken: 'bad', open: 'plain' };

const guarded = (metric, margin, found) =>
  h(
    'p',
    {},
    `Guardrail: ${metric} at most ${percent(margin)} worse `,
    found.kind === 'no-answer' ? found.message : badge(found.verdict, GUARDED[found.verdict]),
  );
