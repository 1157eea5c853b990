import { badge, empty, h, table, when } from './dom.js';
import { ago, percent, sentence, whole } from './format.js';
import { STEPS } from './steps.js';

/** @typedef {import('../../http/answers.ts').RolloutWithDecisions} Rollout */
/** @typedef {Rollout['decisions'][number]} Decision */

/** @type {Partial<Record<Rollout['stage'], 'good' | 'bad' | 'warn'>>} */
const TONES = { champion: 'good', withdrawn: 'bad', hold: 'warn' };

/** @param {readonly Rollout[]} rollouts newest first @param {number} nowMs */
export function rolloutsSection(rollouts, nowMs) {
  if (rollouts.length === 0) {
    return h(
      'div',
      { class: 'card' },
      empty('No rollout yet. Training proposes versions that pass the gate.'),
    );
  }
  return h('div', {}, ...rollouts.map((rollout) => rolloutCard(rollout, nowMs)));
}

/** @param {Rollout} rollout @param {number} nowMs */
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
    why === null ? undefined : h('p', {}, sentence(why)),
    evidence && (evidence.guardrails.length > 0 || evidence.gain) ? readings(evidence) : undefined,
    timeline(decisions, nowMs),
  );
}

/** The steps to champion, and how far the rollout has come. @param {Rollout['stage']} stage */
function stageBar(stage) {
  const at = STEPS.findIndex((step) => step === stage);
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
  { label: 'Reading' },
  { label: 'Change, always-valid', number: true },
  { label: 'Worst allowed', number: true },
];

/** @param {Decision['evidence']} evidence */
const readings = ({ sessions, guardrails, gain }) =>
  h(
    'div',
    {},
    h('p', { class: 'muted' }, `${whole(sessions)} sessions of the challenger at this stage`),
    table(READINGS, [
      ...guardrails.map((reading) =>
        'missing' in reading
          ? [reading.metric, reading.missing, '']
          : [reading.metric, between(reading), percent(reading.worstAllowed)],
      ),
      ...gainRow('Gain in the canary', gain?.canary),
      ...gainRow('Preferred where interleaved, half is even', gain?.interleaving),
    ]),
  );

/** @param {string} label @param {import('../../rollouts/gain.ts').GainReading | undefined} reading */
const gainRow = (label, reading) =>
  reading === undefined
    ? []
    : [[label, 'missing' in reading ? reading.missing : between(reading), '']];

/** @param {{ readonly low: number, readonly high: number }} bounds */
const between = ({ low, high }) => `${percent(low)} to ${percent(high)}`;

/** The decisions that changed the stage, newest first. @param {readonly Decision[]} decisions @param {number} nowMs */
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
