import { isSameExploration, type ExplorationSpec } from '../../../shared/domain/exploration.ts';
import type { LoggedSlate } from '../../science/learn/logged-slate.ts';
import type { ObjectStore } from '../partitions/object-store.ts';
import { isInScope, type LineageScope } from '../../models/lineage-scope.ts';
import { readPart } from '../partitions/part-file.ts';
import { readPartBytes, type Manifest } from '../partitions/partition.ts';
import { DAY_MS, startOfDay } from '../../../shared/domain/utc-day.ts';

/** More rankings say little more of a version, and each is held whole. */
const MOST = 50_000;

export interface ServedBy {
  readonly version: string;
  readonly exploration: ExplorationSpec;
  readonly from: number;
  readonly to: number;
  /** Only at these placements, as a version may have served others besides; default: all. */
  readonly scope?: LineageScope | undefined;
}

/**
 * What one version served by its own exploration within a span (epoch ms, inclusive): the newest days first, at most
 * 50,000 rankings, in no order. Interleaved slates, and those of arms that explored in another way, show what another
 * policy earned; where it was not kept how a slate was drawn, those in no experiment are the version's own.
 */
export async function readServed(
  objects: ObjectStore,
  manifests: readonly Manifest[],
  { version, exploration, from, to, scope }: ServedBy,
): Promise<LoggedSlate[]> {
  const slates: LoggedSlate[] = [];
  for (const { day, parts } of manifests.toReversed()) {
    if (slates.length >= MOST || startOfDay(day) + DAY_MS <= from) break;
    for (const part of parts) {
      for await (const slate of readPart(await readPartBytes(objects, part)))
        if (
          slate.weights === version &&
          slate.at >= from &&
          slate.at <= to &&
          (scope === undefined || isInScope(scope, slate.placement)) &&
          isOwnDraw(slate, exploration)
        )
          slates.push(slate);
    }
  }
  return slates.slice(0, MOST);
}

const isOwnDraw = ({ draw, arm }: LoggedSlate, own: ExplorationSpec): boolean =>
  draw === null ? arm === null : !draw.isDrafted && isSameExploration(draw, own);
