import { asc, eq } from 'drizzle-orm';
import type { ExperimentReport } from '../science/experiment/experiment-report.ts';
import type { Store } from '../store/open.ts';
import { experimentReports } from '../store/tables.ts';

/** An effect as it was read at one time; an open bound is null. */
export interface EffectThen {
  readonly estimate: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface EffectsOfArm {
  readonly treatment: string;
  readonly units: number;
  /** By metric, relative, always valid; those that could not be read are absent. */
  readonly metrics: Readonly<Record<string, EffectThen>>;
  readonly resultData?: EffectThen;
}

export interface EffectsAt {
  /** Epoch ms. */
  readonly at: number;
  readonly arms: readonly EffectsOfArm[];
}

const bound = (end: number | null): number | null =>
  end === null || !Number.isFinite(end) ? null : end;

/** What a report says of effects, and nothing else of it. */
export const effectsOf = (at: number, { comparisons, arms }: ExperimentReport): EffectsAt => ({
  at,
  arms: comparisons.map(({ treatment, metrics, resultData }) => ({
    treatment,
    units: arms.find(({ name }) => name === treatment)?.units ?? 0,
    metrics: Object.fromEntries(
      metrics.flatMap(({ metric, found }) => {
        if (found.kind !== 'answer' || found.relative.kind !== 'reading') return [];
        const { estimate, sequential } = found.relative;
        return [[metric, { estimate, low: bound(sequential.low), high: bound(sequential.high) }]];
      }),
    ),
    ...(resultData !== undefined &&
      resultData.kind !== 'no-answer' && {
        resultData: {
          estimate: resultData.value,
          low: bound(resultData.sequential.low),
          high: bound(resultData.sequential.high),
        },
      }),
  })),
});

/** Of the reports that were stored, one a day, oldest first. */
export async function effectsOverTime(
  { db }: Pick<Store, 'db'>,
  experiment: string,
): Promise<EffectsAt[]> {
  const rows = await db
    .select({ at: experimentReports.at, report: experimentReports.report })
    .from(experimentReports)
    .where(eq(experimentReports.experiment, experiment))
    .orderBy(asc(experimentReports.at));
  return rows.map(({ at, report }) =>
    effectsOf(at, (report as unknown as { analysis: ExperimentReport }).analysis),
  );
}
