import { badge, empty, h, when } from './dom.js';
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
        h('span', { class: 'mono' }, run.version ?? 'no version'),
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
      progress.gate && h('p', { class: 'muted' }, sentence(progress.gate.reason)),
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

const took = ({ startedAt, finishedAt }) =>
  finishedAt === null ? '' : `, took ${duration(finishedAt - startedAt)}`;

const mrr = ({ parent, learned }) =>
  parent.mrr && learned.mrr
    ? `Held-out MRR ${learned.mrr.mean.toFixed(3)}, its parent ${parent.mrr.mean.toFixed(3)}`
    : '';

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
