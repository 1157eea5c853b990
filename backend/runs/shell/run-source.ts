import { ApiError } from '../../../shared/domain/errors.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { readLive } from '../../models/live-pointer.ts';
import { scopeOf, type LineageScope } from '../../models/lineage-scope.ts';
import { lineageAskedFor } from '../../models/lineage-asked-for.ts';
import { settingAt, type PlacementSettings } from '../../models/placement-settings.ts';
import type { Versions } from '../../models/versions.ts';
import { rewardInForce, type RewardPolicy } from '../../reward/in-force.ts';
import type { BoostedObjective } from '../../science/learn/learners/boosted.ts';
import type { Store } from '../../store/open.ts';

/** Options of a run's data; everything has a default. */
export interface RunSourceAsked {
  /** What to start from; default the champion, if it has the schema, else the newest version that has. */
  readonly parent?: Version;
  /** Hash or name; default the parent's. */
  readonly schema?: string;
  /** Epoch ms, inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Learns from all of the log that is retained, where no `from` is given; default: the learner's window. */
  readonly retained?: boolean;
  readonly servedBy?: Version;
  readonly objective?: BoostedObjective;
  readonly l2?: number;
  readonly force?: boolean;
  /** Metric → weight, in place of those in force. */
  readonly reward?: Readonly<Record<string, number>>;
  /** With a lineage of its own, whose rankings alone are learned from; default: the default lineage, which learns from all others. */
  readonly placement?: string;
}

/** What a run learns from, and how. */
export interface RunSource {
  readonly parent: Scorer;
  /** Metric → weight. */
  readonly reward: Readonly<Record<string, number>>;
  /** Epoch ms, inclusive. */
  readonly from: number;
  readonly to: number;
  /**
   * Epoch ms: since when the log is counted for the minimums. All that is retained, unless a window was asked for: then
   * that window alone.
   */
  readonly countedFrom: number;
  /** Only rankings that this version served. */
  readonly servedBy?: string;
  /** Of boosted trees. */
  readonly objective?: BoostedObjective;
  readonly l2?: number;
  /** Learns from too little data, and publishes whatever gate and data quality say; the lineage records it. */
  readonly force: boolean;
  /** Of the lineage; absent: the default one. */
  readonly placement?: string;
  readonly scope: LineageScope;
}

export interface RunSourceDeps {
  readonly store: Store;
  readonly versions: Versions;
  readonly rewardPolicy: RewardPolicy;
  readonly retentionDays: number;
  /** How many days of the log the run learns from, where nothing else is asked for. */
  readonly windowDays: number;
  readonly placements: PlacementSettings;
  readonly nowMs: () => number;
}

/** @throws ApiError 404 for an unknown version or schema, or a placement without a lineage; 409 `foreign_schema`. */
export async function runSourceOf(
  { store, versions, rewardPolicy, retentionDays, windowDays, placements, nowMs }: RunSourceDeps,
  asked: RunSourceAsked,
): Promise<RunSource> {
  const { placement } = asked;
  const pointer = (await readLive(store))?.pointer;
  const own = lineageAskedFor(pointer, placement);
  const parent = await parentOf(asked, own?.champion, versions);
  const setting = settingAt(placements, placement);
  const now = nowMs();
  const to = asked.to ?? now;
  const retainedFrom = now - retentionDays * DAY_MS;
  const from = asked.from ?? (asked.retained ? retainedFrom : to - windowDays * DAY_MS);
  return {
    parent,
    reward:
      asked.reward ??
      setting?.reward ??
      (await rewardInForce(store, parent.schema, now, { rewardPolicy })),
    from,
    to,
    countedFrom: asked.from ?? Math.min(from, retainedFrom),
    force: asked.force ?? false,
    ...(placement !== undefined && { placement }),
    scope: scopeOf(pointer, placement ?? null),
    ...(asked.objective && { objective: asked.objective }),
    ...(asked.servedBy && { servedBy: asked.servedBy }),
    ...(asked.l2 !== undefined && { l2: asked.l2 }),
  };
}

async function parentOf(
  asked: RunSourceAsked,
  champion: Version | undefined,
  versions: Versions,
): Promise<Scorer> {
  const fits = ({ schema }: Scorer) =>
    asked.schema === undefined || schema.hash === asked.schema || schema.name === asked.schema;
  const wanted = asked.parent ?? champion ?? RULES_VERSION;
  const parent = await versions.load(wanted);
  if (fits(parent)) return parent;
  if (asked.parent !== undefined)
    throw new ApiError(
      409,
      'foreign_schema',
      `${wanted} has schema ${parent.schema.name} (${parent.schema.hash}), not ${asked.schema}`,
    );
  const newest = await versions.newestOf(asked.schema!);
  if (newest === undefined)
    throw new ApiError(
      404,
      'unknown_schema',
      `no version has schema "${asked.schema}": "trimtab schema apply" brings one in`,
    );
  return newest;
}
