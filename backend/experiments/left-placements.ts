import { and, eq, gte, lte, sql } from 'drizzle-orm';
import { placementsOf } from '../../shared/domain/pointer-at.ts';
import { moment } from '../../shared/text/text.ts';
import { readLive } from '../models/live-pointer.ts';
import type { Store } from '../store/open.ts';
import { audit } from '../store/tables.ts';
import type { Experiment } from './new-experiment.ts';

/** A placement whose rankings an experiment compared, until it got a lineage of its own. */
export interface LeftPlacement {
  readonly placement: string;
  /** Epoch ms; null: by hand, and nobody recorded when. */
  readonly at: number | null;
  /** Whether it has one still. */
  readonly isAway: boolean;
}

/** Whether an experiment names a placement that the default lineage ranks. */
export const isOnPlacement = (
  { kind, lineage, placements }: Pick<Experiment, 'kind' | 'lineage' | 'placements'>,
  placement: string,
): boolean => kind === 'experiment' && lineage === null && placements?.includes(placement) === true;

/** Whether an experiment is on all placements that the default lineage ranks. */
export const isOnAll = ({
  kind,
  lineage,
  placements,
}: Pick<Experiment, 'kind' | 'lineage' | 'placements'>): boolean =>
  kind === 'experiment' && lineage === null && placements === null;

/**
 * Placements that got a lineage of their own while an experiment of the default lineage was on them: since then none of their rankings enters
 * it, as its arms are versions of another lineage. In order of their names.
 */
export async function leftPlacements(
  store: Pick<Store, 'db'>,
  experiment: Experiment,
): Promise<LeftPlacement[]> {
  const { startedAt, stoppedAt, kind, lineage } = experiment;
  if (startedAt === null || kind !== 'experiment' || lineage !== null) return [];
  const isOn = (placement: string) => isOnAll(experiment) || isOnPlacement(experiment, placement);
  const placement = sql<string>`${audit.details} ->> '$.placement'`;
  const begun = await store.db
    .select({ placement, at: sql<number>`max(${audit.at})` })
    .from(audit)
    .where(
      and(
        eq(audit.action, 'begin placement'),
        gte(audit.at, startedAt),
        lte(audit.at, stoppedAt ?? Number.MAX_SAFE_INTEGER),
      ),
    )
    .groupBy(placement);
  const pointer = (await readLive(store))?.pointer;
  const own: readonly string[] = pointer === undefined ? [] : placementsOf(pointer);
  const left = begun.map((one) => ({ ...one, isAway: own.includes(one.placement) }));
  // Of a pointer that was written by hand it is not known when a lineage began; what an experiment names it had when it started.
  const byHand = own.filter(
    (one) =>
      stoppedAt === null &&
      isOnPlacement(experiment, one) &&
      begun.every((known) => known.placement !== one),
  );
  return [
    ...left.filter((one) => isOn(one.placement)),
    ...byHand.map((one) => ({ placement: one, at: null, isAway: true })),
  ].toSorted((a, b) => (a.placement < b.placement ? -1 : 1));
}

/** As a sentence, for who reads the experiment's report. */
export function leftText(
  { placements }: Pick<Experiment, 'placements'>,
  { placement, at, isAway }: LeftPlacement,
): string {
  if (!isAway)
    return `placement ${placement} had a lineage of its own from ${moment(at)} on for a while, and none of its rankings entered this experiment meanwhile`;
  const since = at === null ? '' : ` since ${moment(at)}`;
  const only = placements?.length === 1 ? ', and it is on no other placement' : '';
  return `placement ${placement} has a lineage of its own${since}, so none of its rankings enters this experiment any more${only}`;
}
