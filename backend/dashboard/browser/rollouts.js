import { badge, empty, h, table, when } from './dom.js';
import { ago, percent, whole } from './format.js';

const STEPS = [
  'candidate',
  'shadow',
  'canary 1',
  'canary 5',
  'canary 25',
  'canary 50',
  'canary 100',
  'champion',
];
const TONES = { champion: 'good', withdrawn: 'bad', hold: 'warn' };

/** @param rollouts of `GET /v1/rollouts/{id}`, newest first */
export function rolloutsSection(rollouts, nowMs) {
  if (rollouts.length === 0) {
    return h(
      'div',
      { class: 'card' },
      empty('No version is on its way. Training proposes what passes the gate.'),
    );
  }
  return h('div', {}, ...rollouts.map((rollout) => rolloutCard(rollout, nowMs)));
}

function rolloutCard(rollout, nowMs) {
  const { challenger, champion, stage, since, why, decisions } = rollout;
  const evidence = decisions.at(-1)?.evidence;
  return h(
    'article',
    { class: 'card rollout' },
    h('h3', {}, h('span', { class: 'mono' }, challenger), badge(stage, TONES[stage] ?? 'plain')),
    h(
      'p',
      { class: 'muted' },
      `Against ${champion}, at this stage since `,
      when(since, ago(since, nowMs)),
      rollout.endedAt === null ? '' : ', over',
    ),
    stageBar(stage),
    why === null ? undefined : h('p', {}, `${why[0].toUpperCase()}${why.slice(1)}`),
    evidence && evidence.guardrails.length > 0 ? guardrails(evidence) : undefined,
    timeline(decisions, nowMs),
  );
}

/** The way to the champion's place, as far as it has come. */
function stageBar(stage) {
  const at = STEPS.indexOf(stage);
  return h(
    'ol',
    { class: 'stages' },
    ...STEPS.map((step, i) =>
      h(
        'li',
        {
          class: i < at ? 'done' : i === at ? 'now' : 'ahead',
          'aria-current': i === at && 'step',
        },
        step,
      ),
    ),
  );
}

const READINGS = [
  { label: 'Guardrail' },
  { label: 'Change, always-valid', number: true },
  { label: 'Worst allowed', number: true },
];

const guardrails = ({ sessions, guardrails: readings }) =>
  h(
    'div',
    {},
    h('p', { class: 'muted' }, `${whole(sessions)} sessions of the challenger at this stage`),
    table(
      READINGS,
      readings.map(({ metric, missing, low, high, worstAllowed }) =>
        missing === undefined
          ? [metric, `${percent(low)} to ${percent(high)}`, percent(worstAllowed)]
          : [metric, missing, ''],
      ),
    ),
  );

/** The decisions that changed something, newest first; waiting in between is the last decision's to tell. */
function timeline(decisions, nowMs) {
  const steps = decisions.filter(({ from, next }) => from.stage !== next.stage).toReversed();
  if (steps.length === 0) return undefined;
  return h(
    'details',
    { class: 'gate' },
    h('summary', { class: 'muted' }, 'Decisions'),
    h(
      'ol',
      { class: 'timeline' },
      ...steps.map(({ atMs, why }) => h('li', {}, when(atMs, ago(atMs, nowMs)), ` ${why}`)),
    ),
  );
}
