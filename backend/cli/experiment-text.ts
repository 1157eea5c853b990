import type { ExperimentReport } from '../science/experiment/experiment-report.ts';
import { counted, facts, moment, percent, table } from '../../shared/text/text.ts';
import { reportText } from '../science/experiment/report-text.ts';

export interface ShownExperiment {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly layer: string;
  readonly unit: string;
  readonly traffic: number;
  readonly range: readonly [number, number];
  readonly design: string;
  readonly trigger: string;
  readonly startedAt: number | null;
  readonly stoppedAt: number | null;
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly version?: string;
    readonly reward?: string;
    readonly exploration?: Readonly<Record<string, number>>;
  }[];
  /** Absent in lists and after changes. */
  readonly report?: {
    readonly at: number;
    readonly frozen: boolean;
    readonly refusedUnits: number;
    readonly analysis: ExperimentReport;
    readonly weights?: { readonly told?: readonly string[] };
  } | null;
}

export function experimentText(one: ShownExperiment): string {
  const head = facts([
    ['experiment', `${one.name} (${one.id})`],
    ['status', statusText(one)],
    ['traffic', `${percent(one.traffic)} of the ${one.unit}s of layer ${one.layer}`],
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

function statusText({ status, startedAt, stoppedAt }: ShownExperiment): string {
  if (startedAt === null) return status;
  if (stoppedAt === null) return `${status} since ${moment(startedAt)}`;
  return `${status} ${moment(stoppedAt)}, started ${moment(startedAt)}`;
}

function reported({ report, startedAt, name }: ShownExperiment): string[] {
  if (report === undefined) return [];
  if (report === null)
    return [
      startedAt === null
        ? 'it has not run yet.'
        : 'its log is gone, and no report was frozen before.',
    ];
  const notes = [
    ...(report.weights?.told ?? []),
    ...(report.frozen ? [`frozen ${moment(report.at)}: its log has been deleted since`] : []),
    ...(report.refusedUnits > 0
      ? [`${counted(report.refusedUnits, 'unit')} left out as not a person’s`]
      : []),
  ];
  return [reportText(report.analysis, name), ...(notes.length === 0 ? [] : [notes.join('\n')])];
}
