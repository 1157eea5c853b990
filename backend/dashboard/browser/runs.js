import { badge, empty, h, table, when } from './dom.js';
import { ago, duration, sentence, trainingDataNote, whole } from './format.js';
import { lossCurve } from './loss-curve.js';

/** @typedef {import('../../http/answers.ts').Run} Run */
/** @typedef {Run['progress']} Progress */
/** @typedef {NonNullable<Progress['gate']>} Gate */

/** @type {Record<Run['status'], 'good' | 'plain' | 'bad'>} */
const TONES = { done: 'good', running: 'plain', queued: 'plain', failed: 'bad' };

/** @param {readonly Run[]} runs newest first @param {number} nowMs */
export function runsSection(runs, nowMs) {
  if (runs.length === 0) {
    return h(
      'div',
      { class: 'card' },
      empty('Nothing was trained yet. '),
      h('code', {}, 'trimtab train'),
    );
  }
  return h('div', {}, ...runs.map((run) => runCard(run, nowMs)));
}

/** @param {Run} run @param {number} nowMs */
function runCard(run, nowMs) {
  const { progress } = run;
  const curve = progress.curve ?? [];
  return h(
    'article',
    { class: 'card run' },
    h(
      'div',
      {},
      h(
        'h3',
        {},
        h('span', { class: run.version && 'mono' }, nameOf(run)),
        badge(run.status, TONES[run.status]),
      ),
      h(
        'p',
        { class: 'muted' },
        'Started ',
        when(run.startedAt, ago(run.startedAt, nowMs)),
        took(run),
      ),
      run.error === null ? undefined : h('p', { class: 'error' }, run.error),
      progress.outcome && h('p', {}, sentence(progress.outcome)),
      progress.firstPassRemains && h('p', {}, sentence(progress.firstPassRemains)),
      progress.belowMinimums && progress.belowMinimums.length > 0
        ? h('p', { class: 'notice' }, trainingDataNote(progress.belowMinimums))
        : undefined,
      progress.gate && gate(progress.gate),
      progress.validation && h('p', { class: 'muted' }, mrr(progress.validation)),
      progress.counts &&
        h(
          'p',
          { class: 'muted' },
          `${whole(progress.counts.rankings)} rankings, ${whole(progress.counts.rewarded)} with a reward`,
        ),
    ),
    curve.length > 1 ? lossCurve(curve) : undefined,
  );
}

/** @param {Run} run */
const nameOf = ({ version, params }) => {
  if (params?.kind === 'comparison') return 'comparison of learners';
  const learner = params?.learner ? ` (${params.learner})` : '';
  return `${version ?? 'no version'}${learner}`;
};

/** @type {Record<NonNullable<Gate['checks']>[number]['outcome'], 'good' | 'bad' | 'plain'>} */
const OUTCOMES = { passed: 'good', failed: 'bad', missing: 'bad', noted: 'plain' };
const HEAD = [
  { label: '' },
  { label: 'Check' },
  { label: 'Figure', number: true },
  { label: 'Bound' },
];

/** The reason of the verdict; unfolded, every check with its figure and bound. @param {Gate} gate */
const gate = ({ reason, checks = [] }) =>
  h(
    'details',
    { class: 'gate' },
    h('summary', { class: 'muted' }, sentence(reason)),
    table(
      HEAD,
      checks.map(({ check, outcome, figure, bound }) => [
        badge(outcome, OUTCOMES[outcome]),
        check,
        figure === undefined ? '' : figure.toFixed(4),
        bound ?? '',
      ]),
    ),
  );

/** @param {Run} run */
const took = ({ startedAt, finishedAt }) =>
  finishedAt === null ? '' : `, took ${duration(finishedAt - startedAt)}`;

/** @param {NonNullable<Progress['validation']>} validation */
const mrr = ({ parent, learned }) =>
  parent.mrr && learned.mrr
    ? `MRR of held-out clicks, which favour the order that was shown: ${learned.mrr.mean.toFixed(3)}, its parent ${parent.mrr.mean.toFixed(3)}`
    : '';
