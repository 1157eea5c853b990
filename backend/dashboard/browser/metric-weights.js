import { badge, empty, h, svg, table, when } from './dom.js';
import { ago, figure, whole } from './format.js';
import { linearScale } from './scale.js';

const WIDTH = 180;
const HEIGHT = 18;
const MARGIN = 6;
const MOST_ROWS = 12;

/**
 * What training rewards and why, what was learned, and the history.
 * @param shown `GET /v1/metric-weights/{schema}` @param verified `…/verify`
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
        [{ label: 'Metric' }, { label: 'Worth', number: true }],
        Object.entries(inForce.weights).map(([metric, worth]) => [metric, figure(worth)]),
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

const TONES = { override: 'warn', learned: 'good', schema: 'plain' };

const source = (inForce, nowMs) => [
  h('h3', {}, 'In force', badge(inForce.source, TONES[inForce.source])),
  ...(inForce.source === 'schema'
    ? [h('p', { class: 'muted' }, 'As the schema declares: nothing was set, or it expired.')]
    : origin(inForce, nowMs)),
];

const origin = ({ author, reason, createdAt, expiresAt, warning = [] }, nowMs) => [
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

function learnedCard(of, { inForce, policy }, nowMs) {
  const { id, method, by, target, units, experiments, weights, skill, abstains, createdAt } = of;
  const [constant, varying] = [true, false].map((is) =>
    weights.filter(({ low, high }) => (abstains === undefined && low === high) === is),
  );
  const largest = varying.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const rows = largest.slice(0, MOST_ROWS);
  const x = linearScale(rangeOf(rows), [MARGIN, WIDTH - MARGIN]);
  return h(
    'article',
    { class: 'card' },
    h(
      'h3',
      {},
      method === 'importance' ? `Importance by ${by}: for reading` : 'Surrogate: for deciding',
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
      ? h('p', { class: 'muted' }, 'The policy is fixed: it is shown, and not rewarded.')
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
        bar(row, x),
      ]),
    ),
    largest.length > MOST_ROWS
      ? h('p', { class: 'muted' }, `and ${largest.length - MOST_ROWS} smaller ones`)
      : undefined,
    constant.length > 0
      ? h(
          'p',
          { class: 'muted' },
          `Nothing to learn of ${constant.map(({ metric }) => metric).join(', ')}.`,
        )
      : undefined,
  );
}

const skillText = ({ r2, gain, heldOut }) =>
  `Held out (${whole(heldOut)}): r² ${interval(r2)}; ranking against equal weights ${interval(gain)}`;

const interval = ({ mean, low, high }) => `${figure(mean)} (${figure(low)} to ${figure(high)})`;

/** All intervals, and 0: which side of it a weight lies on is the question. */
const rangeOf = (rows) => [
  Math.min(0, ...rows.map(({ low }) => low)),
  Math.max(0, ...rows.map(({ high }) => high)),
];

const bar = ({ weight, low, high }, x) =>
  svg(
    'svg',
    { class: 'interval', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    svg('line', { class: 'track', x1: x(0), x2: x(0), y1: 0, y2: HEIGHT }),
    svg('line', { class: 'range', x1: x(low), x2: x(high), y1: HEIGHT / 2, y2: HEIGHT / 2 }),
    svg('circle', { class: 'mean', cx: x(weight), cy: HEIGHT / 2, r: 4 }),
  );

function historyCard(history, { intact, faults }, nowMs) {
  return h(
    'article',
    { class: 'card' },
    h('h3', {}, 'History', intact ? badge('verified', 'good') : badge('tampered with', 'bad')),
    ...faults.map(({ message }) => h('p', { class: 'notice bad' }, message)),
    history.length === 0
      ? empty('Nothing was learned or set yet.')
      : table(
          [
            { label: 'Id', number: true },
            { label: 'When' },
            { label: 'What' },
            { label: 'Who' },
            { label: 'Why' },
            { label: 'Weights' },
            { label: 'Hash' },
          ],
          history
            .slice(0, MOST_ROWS)
            .map((entry) => [
              String(entry.id),
              h('span', { class: 'nowrap' }, when(entry.createdAt, ago(entry.createdAt, nowMs))),
              whatOf(entry),
              entry.author,
              entry.reason,
              h('span', { class: 'details' }, weightsText(entry.weights)),
              h('span', { class: 'mono', title: entry.hash }, entry.hash?.slice(0, 8) ?? '–'),
            ]),
        ),
  );
}

function whatOf({ source: from, method, withdraws, experimentId, expiresAt }) {
  if (withdraws !== undefined) return `withdraws ${withdraws}`;
  if (from === 'learned') return method;
  const of = experimentId === null ? '' : ` of ${experimentId}`;
  const until =
    expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString().slice(0, 10)}`;
  return `override${of}${until}`;
}

const weightsText = (weights) =>
  Object.entries(weights)
    .map(([metric, worth]) => `${metric} ${figure(worth)}`)
    .join(', ') || '–';

const VERIFY_EVERY_MS = 600_000;
let lastVerified = { at: -Infinity };

/** The history is long: it is held against its hashes when it grew, and every ten minutes. */
export async function readMetricWeights(read, schema, nowMs) {
  const path = `metric-weights/${encodeURIComponent(schema)}`;
  const shown = await read(path);
  const newest = shown.history[0]?.id;
  const { at, schema: of, newest: until } = lastVerified;
  if (of !== schema || until !== newest || nowMs - at > VERIFY_EVERY_MS)
    lastVerified = { at: nowMs, schema, newest, verified: await read(`${path}/verify`) };
  return { shown, verified: lastVerified.verified };
}
