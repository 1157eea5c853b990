import type { Proportion } from '../science/statistics/wilson.ts';
import { count, counted, minuteOf, percent } from '../../shared/text/text.ts';
import type { MonthlyReport, ReportedVersion } from './report-shape.ts';

/** A part of the report, in no particular format. Texts are not escaped yet: names are as people gave them. */
export interface Section {
  readonly id:
    | 'versions'
    | 'champions'
    | 'rollouts'
    | 'experiments'
    | 'training'
    | 'evaluations'
    | 'metric-weights'
    | 'alerts';
  readonly title: string;
  readonly remark?: string;
  readonly head: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** Shown in place of the table where there are no rows. */
  readonly empty: string;
}

export interface Column {
  readonly label: string;
  readonly isNumber?: boolean;
}

const words = (...labels: string[]): Column[] => labels.map((label) => ({ label }));
const numbers = (...labels: string[]): Column[] =>
  labels.map((label) => ({ label, isNumber: true }));

export function reportSections(report: MonthlyReport): Section[] {
  return [
    {
      id: 'versions',
      title: 'Versions compared',
      remark:
        'A ranking counts once, whatever came of it within six hours. Intervals are 95 %, and wider where one session ranked often. Versions served at different times or to different visitors: a difference here is no proof of cause, an experiment is.',
      head: [
        ...words('Version', 'Name', 'Kind'),
        ...numbers('Rankings', 'Click-through', 'Bookings', 'Degraded'),
      ],
      rows: report.versions.map(versionRow),
      empty: 'Nothing was ranked.',
    },
    {
      id: 'champions',
      title: 'Champions',
      head: words('Version', 'From', 'Until', 'By'),
      rows: report.live.map(({ version, from, to, by, action }) => [
        version,
        moment(from),
        to < report.to ? moment(to) : 'the end',
        from === report.from ? 'live before' : `${action}, ${by}`,
      ]),
      empty: 'No move of the pointer is on record.',
    },
    {
      id: 'rollouts',
      title: 'Rollouts and their decisions',
      head: words('When', 'Challenger', 'From', 'To', 'Why'),
      rows: report.rollouts.flatMap(({ challenger, champion, stage, createdAt, steps }) =>
        steps.length === 0
          ? [[moment(createdAt), challenger, '–', stage, `against ${champion}; no step this month`]]
          : steps.map(({ at, from, to, why }) => [moment(at), challenger, from, to, why]),
      ),
      empty: 'None was under way.',
    },
    {
      id: 'experiments',
      title: 'Experiments that ended',
      head: words('Experiment', 'Arms', 'From', 'Until', 'Verdict'),
      rows: report.experiments.map(({ id, name, arms, startedAt, stoppedAt, verdict }) => [
        `${name} (${id})`,
        arms.join(', '),
        moment(startedAt),
        moment(stoppedAt),
        verdict ?? 'no report was made',
      ]),
      empty: 'None ended.',
    },
    {
      id: 'training',
      title: 'Training runs and their gates',
      head: words('When', 'Version', 'Learner', 'Status', 'Gate', 'Outcome'),
      rows: report.runs.map(({ startedAt, version, learner, status, gate, outcome }) => [
        moment(startedAt),
        version ?? '–',
        learner ?? '–',
        status,
        gate === null ? '–' : `${gate.verdict}: ${gate.reason}`,
        outcome ?? '–',
      ]),
      empty: 'Nothing was trained.',
    },
    {
      id: 'evaluations',
      title: 'Evaluations on later rankings',
      head: [...words('When', 'Version', 'Against'), ...numbers('Rankings'), ...words('Gate')],
      rows: report.evaluations.map(({ at, version, against, rankings, gate }) => [
        moment(at),
        version,
        against,
        count(rankings),
        gate === null ? '–' : `${gate.verdict}: ${gate.reason}`,
      ]),
      empty: 'None was made.',
    },
    {
      id: 'metric-weights',
      title: 'Metric weights',
      head: words('When', 'Schema', 'Weights', 'Source', 'By', 'Reason'),
      rows: report.metricWeights.map((row) => [
        moment(row.createdAt),
        row.experimentId === null ? row.schemaName : `${row.schemaName}, ${row.experimentId}`,
        Object.entries(row.weights)
          .map(([metric, weight]) => `${metric} ${Number(weight.toPrecision(3))}`)
          .join(', '),
        `${row.source} (${row.method})`,
        row.author,
        row.expiresAt === null ? row.reason : `${row.reason} (until ${moment(row.expiresAt)})`,
      ]),
      empty: 'They did not change.',
    },
    {
      id: 'alerts',
      title: 'Alerts',
      head: words('Opened', 'Over', 'Kind', 'What'),
      rows: report.alerts.map(({ openedAt, resolvedAt, kind, message }) => [
        moment(openedAt),
        resolvedAt === null ? 'still open' : moment(resolvedAt),
        kind,
        message,
      ]),
      empty: 'None.',
    },
  ];
}

const versionRow = (row: ReportedVersion): string[] => [
  row.version,
  row.name ?? 'not stored here',
  row.kind ?? '–',
  count(row.rankings),
  interval(row.clickThrough),
  interval(row.bookings),
  shareText(row.degraded / row.rankings),
];

/** The month in two or three sentences. */
export function reportSummary(report: MonthlyReport): string {
  const { versions, live, alerts, isOver, to } = report;
  const until = isOver ? '' : ` until ${moment(to)}`;
  const sum = (of: (row: ReportedVersion) => number) =>
    versions.reduce((total, row) => total + of(row), 0);
  const rankings = sum((row) => row.rankings);
  if (rankings === 0) return `Nothing was ranked in ${report.month}${until}.`;
  const clicked = shareText(sum((row) => row.clicked) / rankings);
  const booked = shareText(sum((row) => row.booked) / rankings);
  const last = live.at(-1);
  return [
    `${count(rankings)} rankings by ${counted(versions.length, 'version')}${until}: ${clicked} were clicked, ${booked} booked.`,
    ...(last === undefined
      ? []
      : [
          live.length === 1
            ? `${last.version} was the champion throughout.`
            : `The champion changed ${counted(live.length - 1, 'time')} and was ${last.version} at the end.`,
        ]),
    `${counted(alerts.length, 'alert')}, ${alerts.filter(({ resolvedAt }) => resolvedAt === null).length} still open.`,
  ].join(' ');
}

export const shareText = (share: number): string => percent(share, { digits: 2 });

const interval = ({ rate, low, high }: Proportion): string =>
  rate === undefined || low === undefined || high === undefined
    ? '–'
    : `${shareText(rate)} (${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)})`;

/** `2026-11-22 03:06`, UTC. */
export const moment = (atMs: number | null): string => (atMs === null ? '–' : minuteOf(atMs));
