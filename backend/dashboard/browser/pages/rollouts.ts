import { STEPS } from '../../../rollouts/steps.ts';
import { badge, fold, h, mono, muted, table, when, type Child } from '../dom.ts';
import { percent, percentInterval, sentence, whole } from '../format.ts';
import type { RolloutWithDecisions as Rollout } from '../../../http/answers.ts';

type Decision = Rollout['decisions'][number];

const TONES: Partial<Record<Rollout['stage'], 'good' | 'bad' | 'warn'>> = {
  champion: 'good',
  withdrawn: 'bad',
  hold: 'warn',
};

/** A rollout: how far it is, why, what was read, and what was decided. */
export function rolloutCard(rollout: Rollout): HTMLElement {
  const { challenger, champion, stage, since, why, decisions, endedAt, lineage } = rollout;
  const evidence = decisions.at(-1)?.evidence;
  return h(
    'article',
    { class: 'rollout' },
    h('h3', {}, mono(challenger), ' ', badge(stage, TONES[stage] ?? 'plain')),
    muted(
      `Against ${champion}${lineage === null ? '' : ` at placement ${lineage}`}, at this stage since `,
      when(since),
      endedAt === null ? '' : ', over',
    ),
    stageBar(stage),
    why === null ? undefined : h('p', {}, sentence(why)),
    evidence && (evidence.guardrails.length > 0 || evidence.gain) ? readings(evidence) : undefined,
    timeline(rollout.id, decisions),
  );
}

/** The steps to champion, and how far the rollout has come. */
function stageBar(stage: Rollout['stage']): HTMLElement {
  const at = STEPS.findIndex((step) => step === stage);
  return h(
    'ol',
    { class: 'stages' },
    STEPS.map((step, i) =>
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

const readings = ({ sessions, guardrails, gain }: Decision['evidence']): HTMLElement =>
  h(
    'div',
    {},
    muted(`${whole(sessions)} sessions of the challenger at this stage`),
    table(
      'What was read of the challenger',
      [
        { label: 'Reading' },
        { label: 'Change, always valid', number: true },
        { label: 'Worst allowed', number: true },
      ],
      [
        ...guardrails.map((reading) =>
          'missing' in reading
            ? [reading.metric, reading.missing, '']
            : [reading.metric, percentInterval(reading), percent(reading.worstAllowed)],
        ),
        ...gainRow('Gain in the canary', gain?.canary),
        ...gainRow('Preferred where interleaved, half is even', gain?.interleaving),
      ],
    ),
  );

type Gain = NonNullable<NonNullable<Decision['evidence']['gain']>['canary']>;

const gainRow = (label: string, reading: Gain | undefined): Child[][] =>
  reading === undefined
    ? []
    : [[label, 'missing' in reading ? reading.missing : percentInterval(reading), '']];

/** The decisions that changed the stage, newest first. */
function timeline(id: string, decisions: readonly Decision[]): HTMLElement | undefined {
  const steps = decisions.filter(({ from, next }) => from.stage !== next.stage).toReversed();
  if (steps.length === 0) return undefined;
  return fold(
    `decisions-${id}`,
    'Decisions',
    h(
      'ol',
      { class: 'timeline' },
      steps.map(({ atMs, why }) => h('li', {}, when(atMs), ` ${why}`)),
    ),
  );
}
