import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { countedExposures } from '../log/account/counted.ts';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import type { Experiments } from './experiments.ts';
import { shareOf, type Experiment } from './new-experiment.ts';
import { awaited, nextStep, objections } from './ramp.ts';
import { reportOf, type ReportDeps } from './reports.ts';

export const BY_RAMP = 'ramp';

/**
 * Takes every step that is due, of experiments that run and are not held: what the log says of guardrails and arm sizes is read just before, and
 * where that speaks against it the ramp is held, until a person lets it go on.
 */
export async function followRamps(deps: {
  readonly store: Store;
  readonly reports: ReportDeps;
  readonly experiments: Pick<Experiments, 'holdRamp' | 'stepRamp'>;
  readonly log: (message: string) => void;
  readonly nowMs: () => number;
}): Promise<void> {
  const { store, reports, experiments: changes, log, nowMs } = deps;
  const running = await store.db
    .select()
    .from(experiments)
    .where(and(eq(experiments.status, 'running'), isNotNull(experiments.ramp)));
  for (const experiment of running) {
    const ramp = experiment.ramp!;
    const step = nextStep(ramp, shareOf(experiment));
    if (step === undefined || ramp.held !== undefined) continue;
    // What time alone decides needs no look at the log.
    const early = { nowMs: nowMs(), searches: Infinity };
    if (awaited(ramp, step, early) !== undefined) continue;
    const report = await reportOf(reports, experiment);
    const searches =
      step.afterSearches === undefined ? 0 : await searchesSince(store, experiment, ramp.since);
    if (awaited(ramp, step, { nowMs: nowMs(), searches }) !== undefined) continue;
    const against =
      report === undefined ? ['there is no report of it'] : objections(report.analysis);
    const { id, name } = experiment;
    if (against.length > 0) {
      await changes.holdRamp(id, BY_RAMP, against.join('; '));
      log(`the ramp of experiment ${name} (${id}) is held: ${against.join('; ')}`);
    } else {
      await changes.stepRamp(id, step.traffic, BY_RAMP);
      log(`experiment ${name} (${id}) grew to ${step.traffic} of its layer, by its ramp`);
    }
  }
}

/** Rankings that count and exposed somebody. */
async function searchesSince(
  { db }: Store,
  { id }: Experiment,
  since: number | null,
): Promise<number> {
  const [{ n }] = await db.all<{ n: number }>(sql`
    select count(*) as n from ${countedExposures} x where experiment = ${id} and at >= ${since ?? 0}`);
  return n;
}
