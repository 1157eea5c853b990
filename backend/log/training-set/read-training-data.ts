import { ApiError } from '../../../shared/domain/errors.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import type { TrainingData, TrainingWindow } from './collect.ts';
import { checkEnoughData } from './enough-data.ts';
import type { StoreLocation } from '../partitions/object-store.ts';
import { openObjectStore } from '../partitions/open-object-store.ts';
import type { Manifest } from '../partitions/partition.ts';
import { schemaLogsText, type SchemaLog } from '../schema-log.ts';
import { readPartitions, type RelatedPartitions } from './read-partitions.ts';
import type { LearnerKind } from './minimums.ts';
import type { TrainingDataSettings } from '../settings.ts';

/** Where a run's data lies and how much of it there must be. Cloneable. */
export interface TrainingSource {
  readonly location: StoreLocation;
  /** Up to date, in order of day; of all days that are counted. */
  readonly manifests: readonly Manifest[];
  /** What was logged under other schemas within the window. */
  readonly otherLogs?: readonly (SchemaLog & RelatedPartitions)[];
  readonly minimums: TrainingDataSettings['minimums'];
  readonly recommended: TrainingDataSettings['minimums'];
  readonly influence: TrainingDataSettings['influence'];
  /** Learns from less than the minimum; what was missing is told. */
  readonly force: boolean;
}

export interface CheckedData extends TrainingData {
  /** What is missing of the minimum, and was overruled; empty when there is enough. */
  readonly missing: readonly string[];
  /** What is missing of the recommended minimum, whatever the settings ask for. */
  readonly belowMinimums: readonly string[];
}

/**
 * The training set of a run, in which persons and items are limited by the base, the scorer that is improved on.
 * @throws ApiError 409 `not_enough_data` with the counts that are missing, unless forced; forced or not when
 * nothing has a reward, because then nothing can be learned.
 */
export async function readTrainingData(
  { location, manifests, otherLogs = [], minimums, recommended, influence, force }: TrainingSource,
  learner: LearnerKind,
  base: Scorer,
  window: TrainingWindow,
  reward: Readonly<Record<string, number>>,
  onProgress: (slates: number) => void,
): Promise<CheckedData> {
  const { schema } = base;
  const objects = openObjectStore(location);
  const data = await readPartitions(
    objects,
    manifests,
    schema,
    window,
    reward,
    onProgress,
    otherLogs.filter(({ isRead }) => isRead),
    { base, limits: influence },
  );
  const { facts, counted } = data;
  const check = checkEnoughData(learner, facts, counted, minimums);
  const advised = checkEnoughData(learner, facts, counted, recommended);
  const belowMinimums = advised.enough ? [] : advised.missing;
  if (check.enough) return { ...data, missing: [], belowMinimums };
  if (force && facts.rewarded > 0) return { ...data, missing: check.missing, belowMinimums };
  throw new ApiError(
    409,
    'not_enough_data',
    `not enough data under schema ${schema.name} for the ${learner} learner: ${check.missing.join(', ')}${otherLogs.length > 0 ? ` (of other schemas: ${schemaLogsText(otherLogs)})` : ''}; ${
      facts.rewarded === 0
        ? 'nothing that is rewarded happened'
        : 'wait for more, or learn all the same with --force'
    }`,
  );
}
