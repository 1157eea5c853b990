import { count, counted, facts, moment, percent, table } from '../../../shared/text/text.ts';
import type { Experiment, ExperimentWithReport } from '../../http/answers.ts';
import { reportText } from '../../science/experiment/report-text.ts';

/** A report is absent in lists and after most changes. */
type Shown = Experiment & Partial<Pick<ExperimentWithReport, 'report'>>;

export function experimentText(one: Shown): string {
  const head = facts([
    ['experiment', `${one.name} (${one.id})`],
    ['status', statusText(one)],
    ['traffic', `${percent(one.traffic)} of the ${one.unit}s of layer ${one.layer}`],
    ...(one.ramp === null ? [] : [['ramp', rampText(one.ramp)] as [string, string]]),
    ...(one.placements === null
      ? []
      : [['placements', one.placements.join(', ')] as [string, string]]),
    ['design', one.trigger === 'ranked' ? one.design : `${one.design}, where the ${one.trigger}`],
  ]);
  const arms = table(
    ['arm', 'weight', 'serves', 'reward'],
    one.arms.map(({ name, weight, version, exploration, reward }) => [
      name,
      weight,
      [version ?? 'the champion', ...(exploration ? [JSON.stringify(exploration)] : [])].join(' '),
      reward,
    ]),
  );
  return [head, arms, ...reported(one)].join('\n\n');
}

function rampText({ steps, since, held }: NonNullable<Shown['ramp']>): string {
  const told = steps
    .map(({ traffic, afterHours, afterSearches, at }) =>
      [
        percent(traffic),
        ...(afterHours === undefined ? [] : [`after ${afterHours} h`]),
        ...(afterSearches === undefined ? [] : [`after ${count(afterSearches)} searches`]),
        ...(at === undefined ? [] : [`at ${moment(at)}`]),
      ].join(' '),
    )
    .join(', ');
  const where = held
    ? `; held by ${held.by} since ${moment(held.at)}: ${held.reason}`
    : since === null
      ? ''
      : `; at this step since ${moment(since)}`;
  return `${told}${where}`;
}

function statusText({ status, startedAt, stoppedAt }: Shown): string {
  if (startedAt === null) return status;
  if (stoppedAt === null) return `${status} since ${moment(startedAt)}`;
  return `${status} ${moment(stoppedAt)}, started ${moment(startedAt)}`;
}

function reported({ report, startedAt, name }: Shown): string[] {
  if (report === undefined) return [];
  if (report === null)
    return [
      startedAt === null
        ? 'it has not started yet.'
        : 'its log has been deleted, and no report was stored before.',
    ];
  const notes = [
    ...(report.weights?.told ?? []),
    ...(report.frozen ? [`frozen ${moment(report.at)}: its log has been deleted since`] : []),
    ...(report.refusedUnits > 0
      ? [`${counted(report.refusedUnits, 'unit')} left out as bots`]
      : []),
  ];
  return [reportText(report.analysis, name), ...(notes.length === 0 ? [] : [notes.join('\n')])];
}
