import { read } from './api.js';
import { badge, empty, h, table, when } from './dom.js';
import { ago, figure, whole } from './format.js';
import { interval, intervalScale, trackAt } from './interval.js';

/** @typedef {import('../../http/answers.ts').MetricWeights} MetricWeights */
/** @typedef {import('./api.js').Answer<'/v1/metric-weights/:schema/verify'>} Verification */
/** @typedef {MetricWeights['history'][number]} Entry */
/** @typedef {MetricWeights['learned'][number]} Learned */
/** @typedef {NonNullable<Learned['skill']>} Skill */

const MAX_ROWS = 12;

/**
 * The weights in force and why, the learned ones, and the history.
 * @param {MetricWeights} shown @param {Verification} verified @param {number} nowMs
 */
export function metricWeightsSection(shown, verified, nowMs) {
  const { inForce, experiments, learned, history } = shown;
  return h(
    'div',
    { class: 'metric-weights' },
    h(
      'article',
      { class: 'card' },
      ...source(inForce, nowMs),
      table(
        [{ label: 'Metric' }, { label: 'Weight', number: true }],
        Object.entries(inForce.weights).map(([metric, weight]) => [metric, figure(weight)]),
      ),
      ...experiments.map((override) =>
        h(
          'div',
          {},
          h(
            'h3',
            {},
            h('span', { class: 'mono' }, override.experimentId),
            badge('override', 'warn'),
          ),
          ...origin(override, nowMs),
          h('p', {}, weightsText(override.weights)),
        ),
      ),
    ),
    ...learned.map((of) => learnedCard(of, shown, nowMs)),
    historyCard(history, verified, nowMs),
  );
}

/** @type {Record<MetricWeights['inForce']['source'], 'warn' | 'good' | 'plain'>} */
const TONES = { override: 'warn', learned: 'good', schema: 'plain' };

/** @param {MetricWeights['inForce']} inForce @param {number} nowMs */
const source = (inForce, nowMs) => [
  h('h3', {}, 'In force', badge(inForce.source, TONES[inForce.source])),
  ...(inForce.source === 'schema'
    ? [h('p', { class: 'muted' }, 'As the schema declares: nothing was set, or it expired.')]
    : origin(inForce, nowMs)),
];

/** @param {Partial<Omit<Entry, 'source'>>} entry @param {number} nowMs */
const origin = ({ author, reason, createdAt = 0, expiresAt, warning = [] }, nowMs) => [
  h(
    'p',
    { class: 'muted' },
    `${reason}. By ${author}, `,
    when(createdAt, ago(createdAt, nowMs)),
    ...(typeof expiresAt === 'number'
      ? [
          ', until ',
          when(expiresAt, new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')),
        ]
      : []),
  ),
  ...(warning.length === 0
    ? []
    : [
        h(
          'ul',
          { class: 'notice' },
          warning.map((line) => h('li', {}, line)),
        ),
      ]),
];

/** @param {Learned} of @param {MetricWeights} shown @param {number} nowMs */
function learnedCard(of, { inForce, policy }, nowMs) {
  const { id, method, by, target, units, experiments, weights, skill, abstains, createdAt } = of;
  const { statements = [] } = of;
  const [constant, varying] = [true, false].map((is) =>
    weights.filter(({ low, high }) => (abstains === undefined && low === high) === is),
  );
  const largest = varying.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const rows = largest.slice(0, MAX_ROWS);
  const x = intervalScale(rangeOf(rows));
  return h(
    'article',
    { class: 'card' },
    h(
      'h3',
      {},
      method === 'importance' ? `Importance by ${by}: for reading` : 'Surrogate: for decisions',
      abstains === undefined ? undefined : badge('abstains', 'warn'),
      id === inForce.id ? badge('in force', 'good') : undefined,
    ),
    h(
      'p',
      { class: 'muted' },
      `${target}, from ${whole(units)} units and ${whole(experiments)} experiments, `,
      when(createdAt, ago(createdAt, nowMs)),
    ),
    abstains === undefined ? undefined : h('p', { class: 'notice' }, `It abstains: ${abstains}.`),
    skill && h('p', { class: 'muted' }, skillText(skill)),
    method === 'surrogate' && policy === 'fixed'
      ? h(
          'p',
          { class: 'muted' },
          'The policy is fixed: learned weights are shown, and do not change the reward.',
        )
      : undefined,
    table(
      [
        { label: 'Metric' },
        { label: 'Weight', number: true },
        { label: '95 % interval' },
        { label: '' },
      ],
      rows.map((row) => [
        row.metric,
        figure(row.weight),
        h('span', { class: 'nowrap' }, `${figure(row.low)} to ${figure(row.high)}`),
        interval({ ...row, mean: row.weight }, x, trackAt(x(0))),
      ]),
    ),
    largest.length > MAX_ROWS
      ? h('p', { class: 'muted' }, `and ${largest.length - MAX_ROWS} smaller ones`)
      : undefined,
    ...statements.map((statement) => h('p', { class: 'muted' }, `${statement}.`)),
    constant.length > 0
      ? h(
          'p',
          { class: 'muted' },
          `No weight learned for ${constant.map(({ metric }) => metric).join(', ')}.`,
        )
      : undefined,
  );
}

/** @param {Skill} skill */
const skillText = ({ r2, gain, heldOut }) =>
  `Held out (${whole(heldOut)}): r² ${intervalText(r2)}; ranking against equal weights ${intervalText(gain)}`;

/** @param {Skill['r2']} figures */
const intervalText = ({ mean, low, high }) => `${figure(mean)} (${figure(low)} to ${figure(high)})`;

/**
 * All intervals, and 0: its side of 0 is what matters of a weight.
 * @param {Learned['weights']} rows @returns {[number, number]}
 */
const rangeOf = (rows) => [
  Math.min(0, ...rows.map(({ low }) => low)),
  Math.max(0, ...rows.map(({ high }) => high)),
];

/** @param {readonly Entry[]} history @param {Verification} verified @param {number} nowMs */
function historyCard(history, { intact, faults }, nowMs) {
  return h(
    'article',
    { class: 'card' },
    h('h3', {}, 'History', intact ? badge('verified', 'good') : badge('tampered with', 'bad')),
    ...faults.map(({ message }) => h('p', { class: 'notice bad' }, message)),
    history.length === 0
      ? empty('Nothing was learned and nothing was overridden yet.')
      : table(
          [
            { label: 'Id', number: true },
            { label: 'Time' },
            { label: 'Kind' },
            { label: 'Author' },
            { label: 'Reason' },
            { label: 'Weights' },
            { label: 'Hash' },
          ],
          history
            .slice(0, MAX_ROWS)
            .map((entry) => [
              String(entry.id),
              h('span', { class: 'nowrap' }, when(entry.createdAt, ago(entry.createdAt, nowMs))),
              kindOf(entry),
              entry.author,
              entry.reason,
              h('span', { class: 'details' }, weightsText(entry.weights)),
              h('span', { class: 'mono', title: entry.hash }, entry.hash?.slice(0, 8) ?? '–'),
            ]),
        ),
  );
}

/** @param {Entry} entry */
function kindOf({ source: from, method, withdraws, experimentId, expiresAt }) {
  if (withdraws !== undefined) return `withdraws ${withdraws}`;
  if (from === 'learned') return method;
  const of = experimentId === null ? '' : ` of ${experimentId}`;
  const until =
    expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString().slice(0, 10)}`;
  return `override${of}${until}`;
}

/** @param {Entry['weights']} weights */
const weightsText = (weights) =>
  Object.entries(weights)
    .map(([metric, weight]) => `${metric} ${figure(weight)}`)
    .join(', ') || '–';

const VERIFY_EVERY_MS = 600_000;
/** @type {{ at: number, schema: string, newest: number | undefined, verified: Verification } | undefined} */
let last;

/**
 * The history is long: it is verified when it grew, and every ten minutes.
 * @param {string} schema @param {number} nowMs
 */
export async function readMetricWeights(schema, nowMs) {
  const given = { param: { schema } };
  const shown = await read('/v1/metric-weights/:schema', given);
  const newest = shown.history[0]?.id;
  if (last?.schema !== schema || last.newest !== newest || nowMs - last.at > VERIFY_EVERY_MS) {
    const verified = await read('/v1/metric-weights/:schema/verify', given);
    last = { at: nowMs, schema, newest, verified };
  }
  return { shown, verified: last.verified };
}
