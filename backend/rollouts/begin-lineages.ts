import { desc, eq, sql } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { isVersion, type Version } from '../../shared/domain/ids.ts';
import { isPlacement } from '../../shared/domain/placement.ts';
import { pointerAt } from '../../shared/domain/pointer-at.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { isOnAll, isOnPlacement } from '../experiments/left-placements.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { runningExperiments } from '../experiments/read-experiments.ts';
import { addVersion, type AddVersionDeps } from '../models/add-version.ts';
import { readLive } from '../models/live-pointer.ts';
import type { LivePointerService } from '../models/live-pointer-service.ts';
import type { PlacementSettings } from '../models/placement-settings.ts';
import { rulesOfSchema } from '../../shared/score/rules-of-schema.ts';
import type { Versions } from '../models/versions.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Store } from '../store/open.ts';
import { weights } from '../store/tables.ts';
import { isSameSchema } from './apply-schema.ts';

export interface BeginLineagesDeps extends AddVersionDeps {
  readonly store: Store;
  readonly versions: Pick<Versions, 'add' | 'load'>;
  readonly livePointer: Pick<LivePointerService, 'begin'>;
  readonly placements: PlacementSettings;
}

/**
 * Gives every placement that the configuration names a lineage of its own, if it has none: with a schema of its own it begins with the rules
 * of that, else with the champion of the default lineage, so that nothing changes for visitors before something was learned. It may be
 * called any number of times. While an experiment runs that names the placement it does not begin.
 * @returns why those that could not begin did not, by placement.
 */
export async function beginLineages(deps: BeginLineagesDeps): Promise<Map<string, string>> {
  const { store, livePointer, placements } = deps;
  const problems = new Map<string, string>();
  for (const [placement, { schema }] of Object.entries(placements)) {
    const live = await readLive(store);
    if (live === undefined || !isPlacement(placement)) continue;
    if (pointerAt(live.pointer, placement) !== undefined) continue;
    try {
      const running = await runningExperiments(store);
      const named = running.find((one) => isOnPlacement(one, placement));
      if (named !== undefined) throw experimentRuns(placement, named);
      const version = schema && (await rulesOf(deps, placement, schema));
      await livePointer.begin(placement, version, 'backend');
      for (const { id, name } of running.filter(isOnAll))
        deps.log(
          `placement ${placement} has a lineage of its own now, so none of its rankings enters experiment ${name} (${id}) any more`,
        );
    } catch (error) {
      problems.set(placement, messageOf(error));
    }
  }
  return problems;
}

/** What somebody asked to compare at a placement is compared to its end; one that is on all placements goes on without it. */
const experimentRuns = (placement: string, { id, name }: Experiment): ApiError =>
  new ApiError(
    409,
    'experiment_runs',
    `experiment ${name} (${id}) compares versions of the default lineage at placement ${placement}, and would get no more of its rankings: the lineage begins once it is stopped`,
  );

/** The rules of a schema as a version, made once: a start that was cut short has stored it already. */
async function rulesOf(
  deps: BeginLineagesDeps,
  placement: string,
  schema: Schema,
): Promise<Version> {
  const { store, versions } = deps;
  const rows = await store.db
    .select({ version: weights.version })
    .from(weights)
    .where(eq(sql`${weights.lineage} ->> '$.begins'`, placement))
    .orderBy(desc(weights.createdAt));
  for (const { version } of rows)
    if (isVersion(version) && isSameSchema((await versions.load(version)).schema, schema))
      return version;
  const { version: _, ...rules } = rulesOfSchema(schema, `rules of ${placement}`);
  return addVersion(deps, rules, { rules: schema.name, begins: placement, placement });
}

export interface LineageJob extends Job {
  /** Why placements have no lineage yet, as of the last run of this backend. */
  readonly problems: () => ReadonlyMap<string, string>;
}

/** What the configuration asks for is there as soon as the edge answers. */
export function lineageJob(deps: BeginLineagesDeps & { readonly everyMs: number }): LineageJob {
  let problems: ReadonlyMap<string, string> = new Map();
  return {
    problems: () => problems,
    name: 'lineages of placements',
    schedule: deps.everyMs,
    leaderOnly: true,
    run: async () => {
      const found = await beginLineages(deps);
      for (const [placement, why] of found)
        if (problems.get(placement) !== why)
          deps.log(`placement ${placement} has no lineage of its own yet: ${why}`);
      problems = found;
    },
  };
}
