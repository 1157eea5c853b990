import { and, asc, desc, eq, gte, lt } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { experimentReports, experiments } from '../store/tables.ts';
import type { Bounds } from './bounds.ts';
import type { ExperimentLine } from './report-shape.ts';

/** Experiments that ended within the bounds, with the verdict of their last report. */
export async function experimentsIn(store: Store, { from, to }: Bounds): Promise<ExperimentLine[]> {
  const rows = await store.db
    .select()
    .from(experiments)
    .where(
      and(
        eq(experiments.kind, 'experiment'),
        eq(experiments.status, 'stopped'),
        gte(experiments.stoppedAt, from),
        lt(experiments.stoppedAt, to),
      ),
    )
    .orderBy(asc(experiments.stoppedAt));
  const lines: ExperimentLine[] = [];
  for (const { id, name, arms, startedAt, stoppedAt } of rows) {
    const [last] = await store.db
      .select({ report: experimentReports.report })
      .from(experimentReports)
      .where(eq(experimentReports.experiment, id))
      .orderBy(desc(experimentReports.id))
      .limit(1);
    lines.push({
      id,
      name,
      arms: arms.map(({ name: arm }) => arm),
      startedAt,
      stoppedAt,
      verdict: verdictOf(last?.report),
    });
  }
  return lines;
}

/** The sentence of the analysis; null where no report was made. */
function verdictOf(report: Record<string, unknown> | undefined): string | null {
  const analysis = report?.analysis as { verdict?: string } | undefined;
  return analysis?.verdict ?? null;
}
