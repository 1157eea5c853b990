import { LEARNERS, type LearnerName } from '../../../science/learn/learners/learner.ts';
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
  tiles,
  when,
  type Section,
  type Tone,
} from '../dom.ts';
import { duration, figure, percent, sentence, trainingDataNote, whole } from '../format.ts';
import { choose, chosen } from '../state.ts';
import type { DataQuality, Run } from '../../../http/answers.ts';
import { comparisonSection } from './comparison.ts';
import { refreshPage, type Page } from './page.ts';
import { reviewSections } from './review.ts';

type Gate = NonNullable<Run['progress']['gate']>;

export const trainingPage: Page = {
  topics: ['runs'],
  async load() {
    const { runs } = await json(api.runs.$get({ query: { limit: '20' } }));
    const { training } = await json(api.status.$get());
    const asked = chosen('run');
    const shown = runs.find(({ id }) => id === asked) ?? runs[0];
    // Lists leave reports out, which are long.
    const report =
      shown?.params.kind === 'comparison' && shown.status === 'done'
        ? (await json(api.runs[':id'].$get({ param: { id: shown.id } }))).progress.report
        : undefined;
    const quality = await readQuality();
    const review = await reviewSections();
    return [
      startSection(training, shown),
      ...(shown === undefined ? [] : [runSection(shown)]),
      ...(report === undefined ? [] : [comparisonSection(report)]),
      runsSection(runs, shown),
      qualitySection(quality),
      ...review,
    ];
  },
};

/** Partitions are brought up to date for it: every minute is enough. */
const QUALITY_MS = 60_000;
let known: { readonly at: number; readonly quality: DataQuality | string } | undefined;

async function readQuality(): Promise<DataQuality | string> {
  if (known !== undefined && Date.now() - known.at < QUALITY_MS) return known.quality;
  const quality = await json(api.data.quality.$get({ query: {} })).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  known = { at: Date.now(), quality };
  return quality;
}

function startSection(
  { running, nextAt }: { readonly running: string | null; readonly nextAt: number | null },
  last: Run | undefined,
): Section {
  const left = running === null || last === undefined ? undefined : leftOf(last);
  return {
    id: 'start',
    wide: true,
    content: [
      h(
        'div',
        { class: 'champion' },
        h(
          'span',
          { class: 'name' },
          running !== null
            ? `Training is under way${left === undefined ? '' : `: ${left}`}.`
            : nextAt === null
              ? 'Nothing is scheduled: training is started by hand.'
              : `The next training is in ${duration(Math.max(0, nextAt - Date.now()))}.`,
        ),
        mayAct &&
          running === null &&
          h(
            'span',
            { class: 'actions push' },
            button('Compare learners …', 'plain', compare),
            button('Train …', 'primary', start),
          ),
      ),
      !mayAct && muted('Signed in to look: an operator may start a training.'),
    ],
  };
}

/** By the pace so far; before there is a curve nobody knows. */
function leftOf({ startedAt, progress }: Run): string | undefined {
  const { curve = [], iterations, phase } = progress;
  const done = curve.at(-1)?.iteration;
  if (done === undefined || iterations === undefined || done === 0 || done >= iterations)
    return phase;
  const leftMs = ((Date.now() - startedAt) / done) * (iterations - done);
  return `${phase ?? 'fitting'}, about ${duration(leftMs)} left at most`;
}

async function start(): Promise<void> {
  await ask({
    title: 'Train a version',
    about: [
      'It learns from the log, beginning with the champion. What passes the gate becomes a challenger, and visitors decide.',
    ],
    fields: [
      { name: 'learner', label: 'Learner', type: 'select', options: LEARNERS, value: 'additive' },
      { name: 'name', label: 'Name', hint: 'Optional: by default what it was made from.' },
    ],
    action: 'Train',
    act: async ({ learner, name }) => {
      const { runId } = await json(
        api.train.$post({ json: { learner: learner as LearnerName, ...(name && { name }) } }),
      );
      choose({ run: runId });
    },
  });
  refreshPage();
}

async function compare(): Promise<void> {
  await ask({
    title: 'Compare learners',
    about: [
      'All of them learn from the same rankings, and are judged by the same later ones. Nothing of it goes live, and nothing is stored but the report.',
      `They are ${LEARNERS.join(', ')}; "trimtab compare" takes some of them, and other settings.`,
    ],
    fields: [
      {
        name: 'folds',
        label: 'Folds',
        hint: 'Optional: 2 to 20 also cross-validate, by visitor, which takes as many times as long.',
        type: 'number',
        min: 2,
        max: 20,
      },
    ],
    action: 'Compare',
    act: async ({ folds }) => {
      const { runId } = await json(
        api.compare.$post({ json: folds ? { folds: Number(folds) } : {} }),
      );
      choose({ run: runId });
    },
  });
  refreshPage();
}

const TONES: Record<Run['status'], Tone> = {
  done: 'good',
  running: 'plain',
  queued: 'plain',
  failed: 'bad',
};

const nameOf = ({ version, params }: Run): string => {
  if (params.kind === 'comparison') return 'comparison of learners';
  const learner = params.learner ? ` (${params.learner})` : '';
  return `${version ?? 'no version'}${learner}`;
};

function runSection(run: Run): Section {
  const { progress, startedAt, finishedAt, error } = run;
  const { curve = [], counts, gate, validation, outcome, window, limited } = progress;
  return {
    id: 'run',
    title: nameOf(run),
    tools: [badge(run.status, TONES[run.status])],
    content: [
      muted(
        'Started ',
        when(startedAt),
        finishedAt === null ? '' : `, took ${duration(finishedAt - startedAt)}`,
        run.version === null ? '' : '. ',
        run.version !== null &&
          h('a', { href: `/dashboard/weights?version=${run.version}` }, 'What it learned'),
      ),
      error !== null && notice('bad', error),
      outcome !== undefined && h('p', {}, `${sentence(outcome)}.`.replace(/\.\.$/, '.')),
      progress.firstPassRemains !== undefined && h('p', {}, sentence(progress.firstPassRemains)),
      progress.belowMinimums !== undefined &&
        progress.belowMinimums.length > 0 &&
        notice('warn', trainingDataNote(progress.belowMinimums)),
      counts !== undefined &&
        muted(`${whole(counts.rankings)} rankings, ${whole(counts.rewarded)} with a reward.`),
      window !== undefined && 'why' in window && muted(String(window.why)),
      limited !== undefined &&
        fold(
          'limited',
          'What the limits on persons and items left out',
          h('pre', {}, JSON.stringify(limited, null, 2)),
        ),
      chart({
        id: 'loss',
        title: 'Loss by iteration',
        x: {
          kind: 'number',
          label: 'Iteration',
          values: curve.map(({ iteration }) => iteration),
        },
        series: [
          { label: 'train', values: curve.map(({ trainLoss }) => trainLoss), color: 5 },
          {
            label: 'validation',
            values: curve.map(({ validationLoss }) => validationLoss ?? null),
            color: 0,
          },
        ],
        format: figure,
        otherwise: [
          run.status === 'running'
            ? 'The curve begins once the data are read.'
            : 'This run has no curve.',
        ],
      }),
      validation?.parent.mrr &&
        validation.learned.mrr &&
        muted(
          `MRR of held-out clicks, which favour the order that was shown: ${validation.learned.mrr.mean.toFixed(3)}, its parent ${validation.parent.mrr.mean.toFixed(3)}.`,
        ),
      gate !== undefined && gateOf(gate),
    ],
  };
}

const OUTCOMES: Record<NonNullable<Gate['checks']>[number]['outcome'], Tone> = {
  passed: 'good',
  failed: 'bad',
  missing: 'bad',
  noted: 'plain',
};

/** The reason of the verdict; unfolded, every check with its figure and bound. */
const gateOf = ({ reason, checks = [] }: Gate): HTMLElement =>
  h(
    'div',
    {},
    h('h3', {}, 'The gate'),
    h('p', {}, sentence(reason)),
    fold(
      'gate',
      `${checks.length} checks`,
      table(
        'Checks of the gate',
        [
          { label: 'Outcome' },
          { label: 'Check' },
          { label: 'Figure', number: true },
          { label: 'Bound' },
        ],
        checks.map(({ check, outcome, figure: value, bound }) => [
          badge(outcome, OUTCOMES[outcome]),
          check,
          value === undefined ? '' : value.toFixed(4),
          bound ?? '',
        ]),
      ),
    ),
  );

function runsSection(runs: readonly Run[], shown: Run | undefined): Section {
  return {
    id: 'runs',
    title: 'Runs',
    content: [
      runs.length === 0
        ? empty(
            'Nothing was trained yet.',
            'Press “Train” above, or run ',
            code('npx trimtab train'),
            '.',
          )
        : table(
            'Training runs, the newest first',
            [{ label: 'Run' }, { label: 'State' }, { label: 'Started' }, { label: 'Took' }],
            runs.map((run) => [
              h(
                'a',
                {
                  href: `?run=${encodeURIComponent(run.id)}`,
                  'aria-current': run === shown && 'true',
                },
                nameOf(run),
              ),
              badge(run.status, TONES[run.status]),
              h('span', { class: 'nowrap' }, when(run.startedAt)),
              run.finishedAt === null ? '–' : duration(run.finishedAt - run.startedAt),
            ]),
          ),
    ],
  };
}

function qualitySection(quality: DataQuality | string): Section {
  if (typeof quality === 'string')
    return {
      id: 'quality',
      title: 'Data quality',
      content: [empty('The quality of the data could not be read.', quality)],
    };
  const { passed, failures, warnings, completeness, attribution, lost, filtered, days, missing } =
    quality;
  const absent = Object.entries(missing).filter(([, share]) => share > 0);
  return {
    id: 'quality',
    title: 'Data quality',
    tools: [passed ? badge('good enough', 'good') : badge('not good enough', 'bad')],
    content: [
      ...failures.map((line) => notice('bad', sentence(line))),
      ...warnings.map((line) => notice('warn', sentence(line))),
      tiles([
        {
          label: 'Complete rankings',
          value: percent(completeness.share, 2),
          remark: `${whole(completeness.count)} of ${whole(completeness.of)}`,
        },
        {
          label: 'Feedback that joins',
          value: percent(attribution.share, 2),
          remark: `${whole(attribution.count)} of ${whole(attribution.of)}`,
        },
        {
          label: 'Lost at the edge',
          value: percent(lost.reported.share, 2),
          remark: whole(lost.reported.count),
        },
      ]),
      chart({
        id: 'log-by-day',
        title: 'Rankings by day, logged and kept for training',
        x: { kind: 'name', label: 'Day (UTC)', values: days.map(({ day }) => day.slice(5)) },
        series: [
          { label: 'logged', values: days.map(({ rankings }) => rankings), color: 5 },
          { label: 'kept', values: days.map(({ kept }) => kept), color: 0 },
          { label: 'clicked', values: days.map(({ clicked }) => clicked), color: 1 },
        ],
        format: whole,
        fromZero: true,
        otherwise: [
          'The log is empty.',
          'Rankings are in it a second or two after they were made.',
        ],
      }),
      Object.keys(filtered.rankings).length > 0 &&
        fold(
          'filtered',
          'What training leaves out, by reason',
          table(
            'Left out of training',
            [
              { label: 'Reason' },
              { label: 'Sessions', number: true },
              { label: 'Rankings', number: true },
              { label: 'Events', number: true },
            ],
            Object.keys({ ...filtered.sessions, ...filtered.rankings, ...filtered.events }).map(
              (why) => [
                why,
                whole(filtered.sessions[why] ?? 0),
                whole(filtered.rankings[why] ?? 0),
                whole(filtered.events[why] ?? 0),
              ],
            ),
          ),
        ),
      absent.length > 0 &&
        fold(
          'missing',
          'Features that are missing in shown items',
          table(
            'Missing features',
            [{ label: 'Feature' }, { label: 'Missing', number: true }],
            absent
              .toSorted((a, b) => b[1] - a[1])
              .map(([feature, share]) => [mono(feature), percent(share)]),
          ),
        ),
    ],
  };
}
