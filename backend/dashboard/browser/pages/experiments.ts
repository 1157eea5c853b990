import { api, json, mayAct } from '../api.ts';
import { chart } from '../chart.ts';
import { ask } from '../dialog.ts';
import {
  badge,
  button,
  code,
  empty,
  fold,
  h,
  mono,
  muted,
  notice,
  table,
  when,
  type Child,
  type Section,
  type Tone,
} from '../dom.ts';
import { figure, percent, percentInterval, sentence, signedPercent, whole } from '../format.ts';
import { effectInterval } from '../interval.ts';
import { choose, chosen } from '../state.ts';
import type { Answer, Experiment, ExperimentWithReport } from '../../../http/answers.ts';
import { holdoutSection } from './holdout.ts';
import { refreshPage, type Page } from './page.ts';
import { powerSection } from './power.ts';

type Report = NonNullable<ExperimentWithReport['report']>;
type Comparison = Report['analysis']['comparisons'][number];
type Metric = Comparison['metrics'][number];
type Effects = Answer<'/v1/experiments/:id/effects'>['effects'];

const TONES: Record<Experiment['status'], Tone> = {
  draft: 'plain',
  running: 'good',
  stopped: 'plain',
};
const VERDICTS: Partial<Record<Comparison['verdict']['kind'], Tone>> = {
  better: 'good',
  harmful: 'bad',
  worse: 'bad',
  'in-doubt': 'warn',
  mixed: 'warn',
};

export const experimentsPage: Page = {
  topics: ['experiments'],
  everyMs: 60_000,
  async load() {
    const { experiments } = await json(api.experiments.$get());
    const asked = chosen('id');
    const shown =
      experiments.find(({ id }) => id === asked) ??
      experiments.find(({ status }) => status === 'running') ??
      experiments[0];
    const param = { id: shown?.id ?? '' };
    const [whole_, effects] =
      shown === undefined
        ? [undefined, []]
        : await Promise.all([
            json(api.experiments[':id'].$get({ param })),
            json(api.experiments[':id'].effects.$get({ param })).then((found) => found.effects),
          ]);
    return [
      ...(whole_ === undefined
        ? []
        : [
            headSection(whole_),
            ...(whole_.report === null ? [] : reportSections(whole_, whole_.report, effects)),
          ]),
      listSection(experiments, shown),
      holdoutSection(await json(api.experiments.holdout.$get())),
      powerSection(),
    ];
  },
};

function headSection(one: ExperimentWithReport): Section {
  const { id, name, status, traffic, unit, layer, design, startedAt, stoppedAt, report } = one;
  return {
    id: 'experiment',
    wide: true,
    content: [
      h(
        'div',
        { class: 'champion' },
        h('h2', { class: 'big' }, name),
        badge(status, TONES[status]),
        mayAct && h('span', { class: 'actions push' }, actionsOf(one)),
      ),
      muted(
        mono(id),
        `, ${percent(traffic)} of the ${unit}s of layer ${layer}, ${design}`,
        startedAt !== null && ', started ',
        startedAt !== null && when(startedAt),
        stoppedAt !== null && ', stopped ',
        stoppedAt !== null && when(stoppedAt),
      ),
      report === null
        ? muted(
            status === 'draft'
              ? 'A draft: nobody takes part until it is started.'
              : 'There is no report: its log was deleted before one was stored.',
          )
        : h('p', { class: 'verdict' }, sentence(report.analysis.verdict)),
      ...(report?.analysis.doubts ?? []).map((doubt) => notice('bad', sentence(doubt))),
      progressOf(one),
    ],
  };
}

/** One bar for the whole experiment: how far the arm that lags most is from the first verdict. */
function progressOf({ minimumPerArm, report, unit, status }: ExperimentWithReport): Child {
  const arms = report?.analysis.arms ?? [];
  if (arms.length === 0 || status === 'draft' || report?.analysis.interleaving !== undefined)
    return undefined;
  const least = arms.reduce((few, arm) => (arm.units < few.units ? arm : few));
  if (least.units >= minimumPerArm) return undefined;
  const id = 'progress-to-verdict';
  return h(
    'div',
    { class: 'progress' },
    h(
      'label',
      { for: id },
      `Not enough data yet: ${least.name} has ${whole(least.units)} of the ${whole(minimumPerArm)} ${unit}s that a verdict needs of each arm.`,
    ),
    h('progress', { id, max: minimumPerArm, value: least.units }),
  );
}

function actionsOf({ id, name, status, traffic }: Experiment): Child[] {
  const param = { id };
  const confirm = async (asked: Parameters<typeof ask>[0]) => {
    await ask(asked);
    refreshPage();
  };
  if (status === 'draft')
    return [
      button('Start …', 'primary', () =>
        confirm({
          title: `Start “${name}”`,
          about: [
            'Visitors are assigned to its arms from now on. Arms without a version are pinned to the champion of this moment.',
          ],
          word: id,
          action: 'Start',
          act: () => api.experiments[':id'].start.$post({ param, json: {} }),
        }),
      ),
    ];
  if (status !== 'running') return [];
  return [
    button('Widen …', 'plain', () =>
      confirm({
        title: `Widen “${name}”`,
        about: ['More of the layer’s units take part; those that do stay in their arms.'],
        fields: [
          {
            name: 'traffic',
            label: `Share of the layer, in per cent (now ${percent(traffic)})`,
            type: 'number',
            value: String(Math.min(100, Math.round(traffic * 200))),
            min: 0.1,
            max: 100,
            step: 'any',
            required: true,
          },
        ],
        action: 'Widen',
        act: ({ traffic: given }) =>
          api.experiments[':id'].widen.$post({ param, json: { traffic: Number(given) / 100 } }),
      }),
    ),
    button('Stop …', 'danger', () =>
      confirm({
        title: `Stop “${name}”`,
        about: ['Its report is frozen, and it cannot be started again.'],
        word: id,
        action: 'Stop',
        tone: 'danger',
        act: () => api.experiments[':id'].stop.$post({ param }),
      }),
    ),
  ];
}

function reportSections(one: Experiment, report: Report, effects: Effects): Section[] {
  const { analysis, weights } = report;
  return [
    ...analysis.comparisons.map((comparison, i) => comparisonSection(comparison, weights, i)),
    effectsSection(one, effects),
    armsSection(one, report),
  ];
}

function comparisonSection(
  { control, treatment, verdict, metrics, guardrails, resultData, segments }: Comparison,
  weights: Report['weights'],
  i: number,
): Section {
  const read = metrics.filter(({ found }) => found.kind !== 'no-answer');
  const rest = metrics.filter(({ found }) => found.kind === 'no-answer');
  return {
    id: `comparison-${i}`,
    title: `${treatment} against ${control}`,
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

const segmentsOf = (segments: Comparison['segments']): HTMLElement =>
  h('pre', {}, JSON.stringify(segments, null, 2));

function effectsSection({ metrics }: Experiment, effects: Effects): Section {
  const names = metrics.map(({ name }) => name);
  const asked = chosen('metric');
  const metric = asked !== undefined && names.includes(asked) ? asked : (names[0] ?? '');
  const arms = [
    ...new Set(effects.flatMap(({ arms: of }) => of.map(({ treatment }) => treatment))),
  ];
  const select = h(
    'select',
    { id: 'effect-metric', 'data-chooses': true },
    names.map((name) => h('option', { value: name, selected: name === metric }, name)),
  );
  select.addEventListener('change', () => choose({ metric: select.value }));
  const of = (arm: string, part: 'estimate' | 'low' | 'high') =>
    effects.map(
      ({ arms: then }) =>
        then.find(({ treatment }) => treatment === arm)?.metrics[metric]?.[part] ?? null,
    );
  return {
    id: 'effects',
    title: 'Effect over time',
    content: [
      h('div', { class: 'filter' }, h('label', { for: 'effect-metric' }, 'Metric'), select),
      chart({
        id: 'effect-over-time',
        title: `Relative effect on ${metric}, with 95 % always-valid intervals`,
        says: 'As it was read each day; the last point is of this moment. The intervals may be looked at as often as you like.',
        x: { kind: 'time', values: effects.map(({ at }) => at) },
        series: arms.map((arm) => ({
          label: arm,
          values: of(arm, 'estimate'),
          low: of(arm, 'low'),
          high: of(arm, 'high'),
        })),
        format: (value) => signedPercent(value),
        otherwise: [
          'There is no effect to draw yet.',
          'It begins once each arm has the units that an estimate needs.',
        ],
      }),
    ],
  };
}

function armsSection(one: Experiment, { analysis, frozen, at, refusedUnits }: Report): Section {
  const units = new Map(analysis.arms.map((arm) => [arm.name, arm.units]));
  const { srm } = analysis;
  return {
    id: 'arms',
    title: 'Arms',
    content: [
      // Every slate of an interleaved experiment holds both arms: there is nothing to count by arm.
      analysis.interleaving === undefined
        ? armsTable(one, units)
        : muted('Both arms draft every slate in turn: there is nothing to count by arm.'),
      muted(
        analysis.interleaving !== undefined
          ? ''
          : srm.kind === 'no-answer'
            ? `${srm.message}, `
            : `sample ratio ${srm.mismatch ? 'mismatch' : 'as expected'} (p ${figure(srm.pValue)}), `,
        refusedUnits > 0 ? `${whole(refusedUnits)} left out as bots, ` : '',
        frozen ? 'frozen ' : 'counted ',
        when(at),
      ),
    ],
  };
}

const armsTable = (one: Experiment, units: ReadonlyMap<string, number>): HTMLElement =>
  table(
    'Arms, and who was counted',
    [
      { label: 'Arm' },
      { label: 'Weight', number: true },
      { label: 'Serves' },
      { label: one.unit === 'user' ? 'Users' : 'Sessions', number: true },
    ],
    one.arms.map(({ name, weight, version, reward }) => [
      name,
      figure(weight),
      mono(`${version ?? 'champion'}${reward ? ` (${reward} reward)` : ''}`),
      whole(units.get(name)),
    ]),
  );

function listSection(experiments: readonly Experiment[], shown: Experiment | undefined): Section {
  return {
    id: 'list',
    title: 'Experiments',
    tools: [mayAct && button('Create …', 'primary', create)],
    content: [
      experiments.length === 0
        ? empty(
            'No experiment yet.',
            mayAct ? 'Press “Create”, or run ' : 'An operator creates one, here or by ',
            code('trimtab experiments create'),
            '.',
          )
        : table(
            'Experiments, the newest first',
            [{ label: 'Name' }, { label: 'State' }, { label: 'Arms' }, { label: 'Started' }],
            experiments.map((one) => [
              h(
                'a',
                {
                  href: `?id=${encodeURIComponent(one.id)}`,
                  'aria-current': one === shown && 'true',
                },
                one.name,
              ),
              badge(one.status, TONES[one.status]),
              one.arms.map(({ name }) => name).join(', '),
              one.startedAt === null ? '–' : h('span', { class: 'nowrap' }, when(one.startedAt)),
            ]),
          ),
    ],
  };
}

async function create(): Promise<void> {
  const [{ weights }, { metrics: known }] = await Promise.all([
    json(api.weights.$get()),
    json(api.experiments.metrics.$get()),
  ]);
  const versions = weights.map(({ version }) => version);
  await ask({
    title: 'Create an experiment',
    about: [
      'A draft with two arms of one half each: the champion of the moment it is started, and another version. Nobody takes part before it is started.',
    ],
    fields: [
      { name: 'name', label: 'Name', required: true },
      { name: 'version', label: 'Version of the treatment', type: 'select', options: versions },
      {
        name: 'traffic',
        label: 'Share of the visitors, in per cent',
        type: 'number',
        value: '10',
        min: 0.1,
        max: 100,
        step: 'any',
        required: true,
      },
      {
        name: 'minimum',
        label: 'Sessions per arm before a verdict',
        type: 'number',
        value: '1000',
        min: 1,
        step: 1,
        required: true,
        hint: 'The power calculator on this page says how many it takes.',
      },
      {
        name: 'metrics',
        label: 'Metrics, the first one first',
        value: known
          .filter(({ from }) => from !== 'further')
          .map(({ name }) => name)
          .join(', '),
        required: true,
        hint: `Of ${known.map(({ name }) => name).join(', ')}. Metrics of your own are declared in trimtab.config.ts (experiments.metrics).`,
      },
    ],
    action: 'Create the draft',
    act: async ({ name, version, traffic, minimum, metrics }) => {
      const { id } = await json(
        api.experiments.$post({
          json: {
            name,
            traffic: Number(traffic) / 100,
            minimumPerArm: Number(minimum),
            metrics: metrics.split(/[\s,]+/).filter((one) => one !== ''),
            arms: [
              { name: 'control', weight: 50 },
              { name: 'treatment', weight: 50, version: version as never },
            ],
          },
        }),
      );
      choose({ id });
    },
  });
  refreshPage();
}
