import { api, json, mayAct } from '../api.ts';
import { chart } from '../chart.ts';
import { ask } from '../dialog.ts';
import {
  badge,
  button,
  empty,
  h,
  mono,
  muted,
  notice,
  table,
  when,
  type Child,
  type Section,
} from '../dom.ts';
import { figure, isoMinute, whole } from '../format.ts';
import { interval } from '../interval.ts';
import type { Answer, MetricWeights } from '../../../http/answers.ts';
import { refreshPage, type Page } from './page.ts';

type Verification = Answer<'/v1/metric-weights/:schema/verify'>;
type Entry = MetricWeights['history'][number];
type Learned = MetricWeights['learned'][number];
type Skill = NonNullable<Learned['skill']>;

const MAX_ROWS = 12;

export const metricWeightsPage: Page = {
  topics: ['metricWeights', 'live'],
  async load() {
    const { weights } = await json(api.status.$get());
    const schema = weights?.schemaName;
    if (schema === undefined || schema === null)
      return [
        {
          id: 'none',
          wide: true,
          content: [empty('No weights are live yet.', 'Metric weights belong to their schema.')],
        },
      ];
    const { shown, verified } = await read(schema);
    return [
      inForceSection(shown),
      overTimeSection(shown),
      ...shown.learned.map((learned) => learnedSection(learned, shown)),
      historySection(shown.history, verified),
    ];
  },
};

const VERIFY_EVERY_MS = 600_000;
let last:
  | { at: number; schema: string; newest: number | undefined; verified: Verification }
  | undefined;

/** The history is long: it is verified when it grew, and every ten minutes. */
async function read(schema: string) {
  const param = { schema: encodeURIComponent(schema) };
  const of = api['metric-weights'][':schema'];
  const shown = await json(of.$get({ param }));
  const newest = shown.history[0]?.id;
  const at = Date.now();
  if (last?.schema !== schema || last.newest !== newest || at - last.at > VERIFY_EVERY_MS)
    last = { at, schema, newest, verified: await json(of.verify.$get({ param })) };
  return { shown, verified: last.verified };
}

const TONES: Record<MetricWeights['inForce']['source'], 'warn' | 'good' | 'plain'> = {
  override: 'warn',
  learned: 'good',
  schema: 'plain',
};

function inForceSection({ inForce, experiments, schema }: MetricWeights): Section {
  return {
    id: 'in-force',
    title: 'In force',
    tools: [
      badge(inForce.source, TONES[inForce.source]),
      mayAct && button('Override …', 'plain', () => override(schema, inForce.weights)),
      mayAct &&
        inForce.source === 'override' &&
        button('Withdraw …', 'plain', () => withdraw(schema)),
    ],
    content: [
      ...(inForce.source === 'schema'
        ? [muted('As the schema declares: nothing was set, or it expired.')]
        : originOf(inForce)),
      table(
        'Metric weights in force',
        [{ label: 'Metric' }, { label: 'Weight', number: true }],
        Object.entries(inForce.weights).map(([metric, weight]) => [metric, figure(weight)]),
      ),
      ...experiments.map((one) =>
        h(
          'div',
          {},
          h('h3', {}, mono(one.experimentId ?? ''), ' ', badge('override', 'warn')),
          originOf(one),
          h('p', {}, weightsText(one.weights)),
        ),
      ),
    ],
  };
}

/** First what it would change, from the log, and only then whether it shall. */
async function override(schema: string, weights: Readonly<Record<string, number>>): Promise<void> {
  const put = api['metric-weights'][':schema'].$put;
  let given: Parameters<typeof put>[0]['json'] | undefined;
  let changes: readonly string[] = [];
  const param = { schema: encodeURIComponent(schema) };
  const isPreviewed = await ask({
    title: 'Override the metric weights',
    about: ['What it would change is shown before anything is set.'],
    fields: [
      {
        name: 'weights',
        label: 'Weights',
        type: 'textarea',
        value: JSON.stringify(weights, null, 2),
        required: true,
        hint: 'JSON: metric → reward for one unit of it.',
      },
      { name: 'reason', label: 'Reason', required: true },
      {
        name: 'days',
        label: 'Days until it expires',
        type: 'number',
        value: '14',
        min: 1,
        max: 365,
        required: true,
      },
    ],
    action: 'Preview',
    act: async ({ weights: text, reason, days }) => {
      const asked = {
        weights: JSON.parse(text) as Record<string, number>,
        reason,
        expiresAt: Date.now() + Number(days) * 86_400_000,
        author: document.querySelector('.person')?.textContent ?? '',
      };
      const { warning } = await json(put({ param, json: { ...asked, dryRun: true } }));
      given = asked;
      changes = warning ?? [];
    },
  });
  if (!isPreviewed || given === undefined) return;
  const previewed = given;
  await ask({
    title: 'What the override changes',
    about: [
      h(
        'ul',
        {},
        changes.map((line) => h('li', {}, line)),
      ),
      'From the next training on this is the reward, until it expires or is withdrawn. What it changes is stored with it.',
    ],
    word: schema,
    action: 'Override',
    tone: 'danger',
    act: () => put({ param, json: previewed }),
  });
  refreshPage();
}

async function withdraw(schema: string): Promise<void> {
  await ask({
    title: 'Withdraw the override',
    about: ['What would be in force without it is, from the next training on.'],
    fields: [{ name: 'reason', label: 'Reason', required: true }],
    action: 'Withdraw',
    act: async ({ reason }) =>
      api['metric-weights'][':schema'].withdraw.$post({
        param: { schema: encodeURIComponent(schema) },
        json: { reason, author: document.querySelector('.person')?.textContent ?? '' },
      }),
  });
  refreshPage();
}

const originOf = ({
  author,
  reason,
  createdAt = 0,
  expiresAt,
  warning = [],
}: Partial<Omit<Entry, 'source'>>): Child[] => [
  muted(
    `${reason}. By ${author}, `,
    when(createdAt),
    typeof expiresAt === 'number' ? `, until ${isoMinute(expiresAt)} UTC` : '',
  ),
  warning.length > 0 &&
    h(
      'ul',
      { class: 'notice warn' },
      warning.map((line) => h('li', {}, line)),
    ),
];

function overTimeSection({ history }: MetricWeights): Section {
  const entries = history
    .filter(({ experimentId, weights }) => experimentId === null && Object.keys(weights).length > 0)
    .toReversed();
  const metrics = [...new Set(entries.flatMap(({ weights }) => Object.keys(weights)))];
  return {
    id: 'over-time',
    title: 'Over time',
    content: [
      chart({
        id: 'metric-weights-over-time',
        title: 'Weight of each metric, as it was learned or set',
        x: { kind: 'time', values: entries.map(({ createdAt }) => createdAt) },
        series: metrics.map((metric) => ({
          label: metric,
          values: entries.map(({ weights }) => weights[metric] ?? null),
        })),
        format: figure,
        otherwise: [
          'Nothing was learned and nothing was overridden yet.',
          'What the schema declares holds until then.',
        ],
      }),
    ],
  };
}

function learnedSection(of: Learned, { inForce, policy }: MetricWeights): Section {
  const { id, method, by, target, units, experiments, weights, skill, abstains, createdAt } = of;
  const { statements = [] } = of;
  const [constant, varying] = [true, false].map((is) =>
    weights.filter(({ low, high }) => (abstains === undefined && low === high) === is),
  );
  const largest = varying.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const rows = largest.slice(0, MAX_ROWS);
  const range = [
    Math.min(0, ...rows.map(({ low }) => low)),
    Math.max(0, ...rows.map(({ high }) => high)),
  ] as const;
  return {
    id: `learned-${method}-${by ?? ''}`,
    title:
      method === 'importance' ? `Importance by ${by}: for reading` : 'Surrogate: for decisions',
    tools: [
      abstains !== undefined && badge('abstains', 'warn'),
      id === inForce.id && badge('in force', 'good'),
    ],
    content: [
      muted(
        `${target}, from ${whole(units)} units and ${whole(experiments)} experiments, `,
        when(createdAt),
      ),
      abstains !== undefined && notice('warn', `It abstains: ${abstains}.`),
      skill && muted(skillText(skill)),
      method === 'surrogate' &&
        policy === 'fixed' &&
        muted('The policy is fixed: learned weights are shown, and do not change the reward.'),
      table(
        'Learned metric weights',
        [
          { label: 'Metric' },
          { label: 'Weight', number: true },
          { label: '95 % interval' },
          { label: 'Interval, drawn', hidden: true },
        ],
        rows.map((row) => [
          row.metric,
          figure(row.weight),
          h('span', { class: 'nowrap' }, `${figure(row.low)} to ${figure(row.high)}`),
          interval({ ...row, mean: row.weight }, range, 0),
        ]),
      ),
      largest.length > MAX_ROWS && muted(`and ${largest.length - MAX_ROWS} smaller ones`),
      ...statements.map((statement) => muted(`${statement}.`)),
      constant.length > 0 &&
        muted(`No weight learned for ${constant.map(({ metric }) => metric).join(', ')}.`),
    ],
  };
}

const skillText = ({ r2, gain, heldOut }: Skill) =>
  `Held out (${whole(heldOut)}): r² ${intervalText(r2)}; ranking against equal weights ${intervalText(gain)}`;

const intervalText = ({ mean, low, high }: Skill['r2']) =>
  `${figure(mean)} (${figure(low)} to ${figure(high)})`;

const historySection = (history: readonly Entry[], { intact, faults }: Verification): Section => ({
  id: 'history',
  title: 'History',
  wide: true,
  tools: [intact ? badge('chain verified', 'good') : badge('tampered with', 'bad')],
  content: [
    ...faults.map(({ message }) => notice('bad', message)),
    history.length === 0
      ? empty('Nothing was learned and nothing was overridden yet.')
      : table(
          'History of the metric weights, the newest first',
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
              h('span', { class: 'nowrap' }, when(entry.createdAt)),
              kindOf(entry),
              entry.author,
              entry.reason,
              h('span', { class: 'details' }, weightsText(entry.weights)),
              mono(entry.hash?.slice(0, 8) ?? '–', entry.hash ?? undefined),
            ]),
        ),
  ],
});

function kindOf({ source, method, withdraws, experimentId, expiresAt }: Entry): string {
  if (withdraws !== undefined) return `withdraws ${withdraws}`;
  if (source === 'learned') return method;
  const of = experimentId === null ? '' : ` of ${experimentId}`;
  const until =
    expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString().slice(0, 10)}`;
  return `override${of}${until}`;
}

const weightsText = (weights: Entry['weights']): string =>
  Object.entries(weights)
    .map(([metric, weight]) => `${metric} ${figure(weight)}`)
    .join(', ') || '–';
