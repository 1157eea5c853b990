import type { Schema } from '../../../shared/features/schema.ts';
import { collector, type LimitedBy, type TrainingData, type TrainingWindow } from './collect.ts';
import type { TrainingSlate } from '../../science/learn/logged-slate.ts';
import { columnOf } from '../../science/learn/tallies.ts';
import { mapCodes } from './feature-map.ts';
import type { ObjectStore } from '../partitions/object-store.ts';
import { readPartForTraining } from '../partitions/part-file.ts';
import { isEverything } from '../../models/lineage-scope.ts';
import { DAY_MS, startOfDay } from '../../../shared/domain/utc-day.ts';
import { readPartBytes, type Manifest } from '../partitions/partition.ts';

/** Partitions of another schema, and how its codes are read. */
export interface RelatedPartitions {
  readonly manifests: readonly Manifest[];
  /** Per feature of the schema that is learned its index in this one; −1: missing. */
  readonly map: readonly number[];
  /** How many features this one has. */
  readonly features: number;
}

/**
 * A window of partitions as a training set, part by part: the set itself, and one part, are all that is held.
 * @param reward metric → weight, weighed now. @param manifests in order of day. @param related of other schemas, in any order.
 */
export async function readPartitions(
  objects: ObjectStore,
  manifests: readonly Manifest[],
  schema: Pick<Schema, 'features'>,
  window: TrainingWindow,
  reward: Readonly<Record<string, number>>,
  onProgress: (slates: number) => void = () => {},
  related: readonly RelatedPartitions[] = [],
  by?: LimitedBy,
): Promise<TrainingData> {
  const columns = new Set(['click']);
  for (const metric of Object.keys(reward)) {
    const column = columnOf(metric);
    if (column !== undefined) columns.add(column);
  }
  const sources = [
    ...manifests.map((manifest) => ({ manifest, from: undefined })),
    ...related.flatMap((from) => from.manifests.map((manifest) => ({ manifest, from }))),
  ];
  const rows = sources
    .filter(({ manifest }) => startOfDay(manifest.day) + DAY_MS > window.from)
    .reduce((sum, { manifest }) => sum + manifest.rows, 0);
  const collected = collector(schema, window, reward, rows);
  const isScoped = window.scope !== undefined && !isEverything(window.scope);
  const days = Map.groupBy(sources, ({ manifest }) => manifest.day);
  for (const day of [...days.keys()].toSorted()) {
    const ofDay = days.get(day)!;
    if (ofDay.length === 1)
      for await (const slate of slatesOf(objects, ofDay[0], [...columns], isScoped))
        collected.add(slate);
    else {
      // Sets are in time order, and on the day of a change the schemas may have taken turns.
      const all: TrainingSlate[] = [];
      for (const one of ofDay)
        for await (const slate of slatesOf(objects, one, [...columns], isScoped)) all.push(slate);
      for (const slate of all.toSorted((a, b) => a.at - b.at)) collected.add(slate);
    }
    onProgress(collected.slates);
  }
  return collected.finish(by);
}

async function* slatesOf(
  objects: ObjectStore,
  { manifest, from }: { manifest: Manifest; from: RelatedPartitions | undefined },
  columns: readonly string[],
  withPlacement: boolean,
): AsyncGenerator<TrainingSlate> {
  for (const part of manifest.parts)
    for await (const slate of readPartForTraining(
      await readPartBytes(objects, part),
      columns,
      withPlacement,
    ))
      yield from === undefined
        ? slate
        : { ...slate, codes: mapCodes(slate.codes, from.map, from.features) };
}
