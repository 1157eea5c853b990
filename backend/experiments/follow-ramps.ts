import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Account } from '../log/account/account.ts';
import { countedExposures } from '../log/account/counted.ts';
import type { Store } from '../store/open.ts';
import { experiments } from '../store/tables.ts';
import type { Experiments } from './experiments.ts';
import { shareOf, type Experiment } from './new-experiment.ts';
import { awaited, nextStep, objections } from './ramp.ts';
import { reportOf, type ReportDeps } from './reports.ts';

export const BY_RAMP = 'ramp';

export interface FollowRampsDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly reports: ReportDeps;
  readonly experiments: Pick<Experiments, 'holdRamp' | 'stepRamp'>;
  readonly log: (message: string) => void;
  readonly nowMs: () => number;
}

/**
 * Takes every step that is due, of experiments that run and are not held: what the log says of guardrails and arm sizes is read just before, and
 * where that speaks against it the ramp is held, until a person lets it go on. What a person changes meanwhile holds: that one is looked at anew
 * the next time.
 */
export async function followRamps(deps: FollowRampsDeps): Promise<void> {
  const running = await deps.store.db
    .select()
    .from(experiments)
    .where(and(eq(experiments.status, 'running'), isNotNull(experiments.ramp)));
  for (const experiment of running)
    try {
      await followRamp(deps, experiment);
    } catch (error) {
      const { id, name } = experiment;
      deps.log(`the ramp of experiment ${name} (${id}) was not followed: ${messageOf(error)}`);
    }
}

async function followRamp(
  { store, account, reports, experiments: changes, log, nowMs }: FollowRampsDeps,
  experiment: Experiment,
): Promise<void> {
  const { id, name } = experiment;
  const ramp = experiment.ramp!;
  const step = nextStep(ramp, shareOf(experiment));
  if (step === undefined || ramp.held !== undefined) return;
  // What time alone decides needs no look at the log.
  if (awaited(ramp, step, { nowMs: nowMs(), searches: Infinity }) !== undefined) return;
  if (step.afterSearches !== undefined) {
    await account.update();
    const searches = await searchesSince(store, experiment, ramp.since);
    if (awaited(ramp, step, { nowMs: nowMs(), searches }) !== undefined) return;
  }
  const report = await reportOf(reports, experiment);
  const against = report === undefined ? ['there is no report of it'] : objections(report.analysis);
  if (against.length > 0) {
    await changes.holdRamp(id, BY_RAMP, against.join('; '));
    log(`the ramp of experiment ${name} (${id}) is held: ${against.join('; ')}`);
  } else {
    await changes.stepRamp(experiment, step.traffic, BY_RAMP);
    log(`experiment ${name} (${id}) grew to ${step.traffic} of its layer, by its ramp`);
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
