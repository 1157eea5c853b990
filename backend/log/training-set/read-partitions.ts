import type { Schema } from '../../../shared/features/schema.ts';
import { collector, type TrainingData, type TrainingWindow } from './collect.ts';
import { columnOf } from '../../science/learn/tallies.ts';
import type { ObjectStore } from '../partitions/object-store.ts';
import { readPartForTraining } from '../partitions/part-file.ts';
import { DAY_MS, startOfDay } from '../../../shared/domain/utc-day.ts';
import { readPartBytes, type Manifest } from '../partitions/partition.ts';

/**
 * A window of partitions as a training set, part by part: the set itself, and one part, are all that is held.
 * @param reward metric → weight, weighed now. @param manifests in order of day.
 */
export async function readPartitions(
  objects: ObjectStore,
  manifests: readonly Manifest[],
  schema: Pick<Schema, 'features'>,
  window: TrainingWindow,
  reward: Readonly<Record<string, number>>,
  onProgress: (slates: number) => void = () => {},
): Promise<TrainingData> {
  const columns = new Set(['click']);
  for (const metric of Object.keys(reward)) {
    const column = columnOf(metric);
    if (column !== undefined) columns.add(column);
  }
  const rows = manifests
    .filter(({ day }) => startOfDay(day) + DAY_MS > window.from)
    .reduce((sum, manifest) => sum + manifest.rows, 0);
  const collected = collector(schema, window, reward, rows);
  for (const part of manifests.flatMap(({ parts }) => parts)) {
    const bytes = await readPartBytes(objects, part);
    for await (const slate of readPartForTraining(bytes, [...columns])) collected.add(slate);
    onProgress(collected.slates);
  }
  return collected.finish();
}
