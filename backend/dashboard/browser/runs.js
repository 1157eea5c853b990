import { badge, empty, h, table, when } from './dom.js';
import { ago, duration, whole } from './format.js';
import { lossCurve } from './loss-curve.js';

const TONES = { done: 'good', running: 'plain', queued: 'plain', failed: 'bad' };

/** @param runs of `GET /v1/runs`, newest first */
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

const nameOf = ({ version, params }) => {
  if (params?.kind === 'comparison') return 'comparison of learners';
  const learner = params?.learner ? ` (${params.learner})` : '';
  return `${version ?? 'no version'}${learner}`;
};

const OUTCOMES = { passed: 'good', failed: 'bad', missing: 'bad', noted: 'plain' };
const HEAD = [
  { label: '' },
  { label: 'Check' },
  { label: 'Figure', number: true },
  { label: 'Bound' },
];

/** The verdict's reason, and behind a fold every check with its figure and what it is held to. */
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

const took = ({ startedAt, finishedAt }) =>
  finishedAt === null ? '' : `, took ${duration(finishedAt - startedAt)}`;

const mrr = ({ parent, learned }) =>
  parent.mrr && learned.mrr
    ? `MRR of held-out clicks, which favour the order that was shown: ${learned.mrr.mean.toFixed(3)}, its parent ${parent.mrr.mean.toFixed(3)}`
    : '';

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
