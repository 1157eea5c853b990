import { badge, empty, h, table, when } from './dom.js';
import { effectInterval } from './effect-interval.js';
import { ago, figure, percent, percentInterval, whole } from './format.js';

/** @typedef {import('../../http/answers.ts').Experiment} Experiment */
/** @typedef {NonNullable<import('../../http/answers.ts').ExperimentWithReport['report']>} Report */
/** @typedef {Report['analysis']['comparisons'][number]} Comparison */
/** @typedef {Comparison['metrics'][number]} Metric */
/** @typedef {import('./dom.js').Child} Child */
/** @typedef {'good' | 'bad' | 'warn' | 'plain'} Tone */

/** @type {Record<Experiment['status'], Tone>} */
const TONES = { draft: 'plain', running: 'good', stopped: 'plain' };
/** @type {Partial<Record<Comparison['verdict']['kind'], Tone>>} */
const VERDICTS = {
  better: 'good',
  harmful: 'bad',
  worse: 'bad',
  'in-doubt': 'warn',
  mixed: 'warn',
};

/**
 * @param {readonly Experiment[]} experiments newest first
 * @param {ReadonlyMap<string, Report | null>} reports by id, as far as they are known
 * @param {number} nowMs
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

/** @param {Experiment} one @param {Report | null | undefined} report @param {number} nowMs */
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
    ...(report ? reportOf(one, report, nowMs) : [arms(one)]),
  );

/** @param {Experiment} one @param {number} nowMs @returns {Child[]} */
function ran({ startedAt, stoppedAt }, nowMs) {
  if (startedAt === null) return [];
  const started = when(startedAt, ago(startedAt, nowMs));
  if (stoppedAt === null) return [', since ', started];
  return [', started ', started, ', stopped ', when(stoppedAt, ago(stoppedAt, nowMs))];
}

/** @param {Experiment} one @param {ReadonlyMap<string, number>} [units] by arm */
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

/** @param {Experiment} one */
const unitName = ({ unit }) => (unit === 'user' ? 'Users' : 'Sessions');

/** @param {Experiment} one @param {Report} report @param {number} nowMs */
function reportOf(one, { analysis, frozen, at, refusedUnits, weights }, nowMs) {
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
      refusedUnits > 0 ? `${whole(refusedUnits)} left out as bots, ` : '',
      frozen ? 'frozen ' : 'counted ',
      when(at, ago(at, nowMs)),
    ),
  ];
}

/** @param {Report['analysis']['srm']} check */
const srm = (check) =>
  check.kind === 'no-answer'
    ? check.message
    : `sample ratio ${check.mismatch ? 'mismatch' : 'as expected'} (p ${figure(check.pValue)})`;

/** @param {Comparison} comparison @param {Report['weights']} weights */
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

/**
 * @param {Metric} one
 * @returns {one is Metric & { found: Extract<Metric['found'], { kind: 'no-answer' }> }}
 */
const isFlat = (one) => one.found.kind === 'no-answer' && one.found.reason === 'no-spread';

/**
 * Metrics with the same value for every unit, in one line instead of a row each.
 * @param {(Metric & { found: { message: string } })[]} metrics
 */
const flat = (metrics) =>
  metrics.length === 0
    ? undefined
    : h(
        'p',
        { class: 'muted' },
        `${metrics.map(({ metric }) => metric).join(', ')}: ${metrics[0].found.message}`,
      );

/** @param {Metric} metric */
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
    h('span', { class: 'nowrap' }, percentInterval({ low, high })),
    low === null && high === null ? '' : effectInterval({ low, high, estimate: relative.estimate }),
    percent(chanceToWin),
  ];
}

/** @param {NonNullable<Comparison['resultData']>} data @param {Report['weights']} weights */
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

/** @type {Record<'kept' | 'broken' | 'open', readonly [string, Tone]>} */
const GUARDRAILS = {
  kept: ['passed', 'good'],
  broken: ['violated', 'bad'],
  open: ['undecided', 'plain'],
};

/** @param {string} metric @param {number} margin @param {Comparison['guardrails'][number]['found']} found */
const guarded = (metric, margin, found) =>
  h(
    'p',
    {},
    `Guardrail: ${metric} at most ${percent(margin)} worse `,
    found.kind === 'no-answer' ? found.message : badge(...GUARDRAILS[found.verdict]),
  );
