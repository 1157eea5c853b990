import { mayAct } from '../../api.ts';
import { badge, h, mono, muted, notice, when, type Child, type Section } from '../../dom.ts';
import { isoMinute, percent, sentence, whole } from '../../format.ts';
import type { Experiment, ExperimentWithReport } from '../../../../http/answers.ts';
import { actionsOf } from './actions.ts';
import { TONES } from './tones.ts';

type Step = NonNullable<Experiment['ramp']>['steps'][number];

/** What an experiment is, what came out, and what can be done with it. While no arm has enough data, one bar says how far it is, in place of a verdict. */
export function headSection(one: ExperimentWithReport): Section {
  const { id, name, status, traffic, unit, layer, design, trigger, placements } = one;
  const { startedAt, stoppedAt, report } = one;
  const progress = progressOf(one);
  // Where only one of several arms lags, another one may be harmful, and that is said here.
  const hasVerdict =
    progress === undefined ||
    report?.analysis.comparisons.some(({ verdict }) => verdict.kind !== 'not-enough-data');
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
        trigger !== 'ranked' && `, where the ${trigger}`,
        placements !== null && `, placements ${placements.join(', ')}`,
        startedAt !== null && ', started ',
        startedAt !== null && when(startedAt),
        stoppedAt !== null && ', stopped ',
        stoppedAt !== null && when(stoppedAt),
      ),
      rampOf(one),
      report === null
        ? muted(
            status === 'draft'
              ? 'A draft: nobody takes part until it is started.'
              : 'There is no report: its log was deleted before one was stored.',
          )
        : hasVerdict && h('p', { class: 'verdict' }, sentence(report.analysis.verdict)),
      ...(report?.analysis.doubts ?? []).map((doubt) => notice('bad', sentence(doubt))),
      progress,
    ],
  };
}

/** By which steps it grows, and which one holds. */
function rampOf({ ramp, traffic, status }: Experiment): Child {
  if (ramp === null) return undefined;
  const { steps, held } = ramp;
  // Shares that rounding set apart are one.
  const reached = steps.filter((step) => step.traffic <= traffic + 1e-9).length - 1;
  return h(
    'div',
    { class: 'rollout' },
    h(
      'ol',
      { class: 'stages', 'aria-label': 'Steps of its ramp' },
      steps.map((step, i) =>
        h(
          'li',
          {
            class: status === 'draft' || i > reached ? undefined : i === reached ? 'now' : 'done',
            'aria-current': status === 'running' && i === reached && 'step',
          },
          [percent(step.traffic), ...whenOf(step)].join(' '),
        ),
      ),
    ),
    held !== undefined &&
      notice('warn', `Held by ${held.by}: ${held.reason}. No step is taken until it is resumed.`),
  );
}

const whenOf = ({ afterHours, afterSearches, at }: Step): string[] => [
  ...(afterHours === undefined ? [] : [`after ${afterHours} h`]),
  ...(afterSearches === undefined ? [] : [`after ${whole(afterSearches)} searches`]),
  ...(at === undefined ? [] : [`at ${isoMinute(at)} UTC`]),
];

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
